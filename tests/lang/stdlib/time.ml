import time;
began = time.monotonic();
print(time.sleep(0.05), time.monotonic() - began >= 0.04, time.perfCounter() <= time.perfCounter());
try { time.sleep(-1); } except (e) { print(e.type, e.message); }
