raise "no such user";
throw;
