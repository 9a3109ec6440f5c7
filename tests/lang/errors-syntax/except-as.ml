try { risky(); } except e { print(e); }
try { risky(); } except (e as x) { print(x); }
try { risky(); } except ValueError as e { print(e); }
