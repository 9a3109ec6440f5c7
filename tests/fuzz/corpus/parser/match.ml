m = match (v) { 0 | -1 => "few", [x, ...rest] => x, {type: "c", r} if r > 0 => r, n if n < 0 => "neg", _ => null };
