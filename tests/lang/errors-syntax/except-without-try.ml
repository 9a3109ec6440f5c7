except (e) { print(e); }
finally { print(2); }
