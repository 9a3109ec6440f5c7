// Messages to the error stream: levels, forms, loggers; nothing in a message ends its line.
import log;

log.setTimestamp(false);
log.debug("not shown");
log.info("started", {port: 8080, hosts: ["a", "b"]});
log.warn("two\nlines \u001b[31m");
orders = log.createLogger("orders");
orders.setLevel("debug");
orders.debug(17);
orders.critical("out of stock", null);
print(orders, orders.name());

log.setFormat("json");
log.error("failed", {code: 7, cause: "a \"b\"\n"});
orders.info("handed over", {f: print});
log.setLevel("off");
log.critical("not shown");
