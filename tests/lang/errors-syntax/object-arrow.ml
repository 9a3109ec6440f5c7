o = {"name" => "Ada", "age" => 36};
