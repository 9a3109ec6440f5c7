# What a Ruby script writes is to come at once, also into a pipe.
$stdout.sync = true
