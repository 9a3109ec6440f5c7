type User { name: string };
interface Shape { area: number }
enum Color { RED, GREEN }
struct P { x: number }
