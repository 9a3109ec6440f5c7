m = match v { 0 => "zero", _ => "many" };
