function send(event, onEvent = null) {
    onEvent?.(event);
    result = handlers.each?.(event, 1) ?? 0;
    return result;
}
