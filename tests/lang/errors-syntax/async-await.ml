async function load(url) {
    x = await fetch(url);
    return x;
}
