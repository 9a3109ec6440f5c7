#!/usr/bin/env mlpy
// A tour of ML in one evening at a small observatory.
// Every part of the language appears; run it with `mlpy run examples/tour.ml`, its tests with `mlpy test`.

import math;
import string as text;
import json;
import regex;
import functional;
import collections;
import console;

/// What this file would like to be allowed. Asking gives nothing: grants come from the host alone.
capability Logbook {
    resource "./logbook/**";
    allow read, write;
}

/// A body that one can point a telescope at.
type Planet = {name: string, au: number, radius: number, moons: array<string>, ring?: boolean};

/* Block comments /* nest */ and may
   span lines. */

planets = [
    {name: "Mercury", au: 0.387, radius: 2_440, moons: []},
    {name: "Venus", au: 0.723, radius: 6_052, moons: []},
    {name: "Earth", au: 1.0, radius: 6_371, moons: ["Moon"]},
    {name: "Mars", au: 1.524, radius: 3_390, moons: ["Phobos", "Deimos"]},
    {
        name: "Jupiter",
        au: 5.203,
        radius: 69_911,
        moons: ["Io", "Europa", "Ganymede", "Callisto"],
        ring: true,
    },
    {name: "Saturn", au: 9.537, radius: 58_232, moons: ["Titan", "Enceladus"], ring: true},
];
[mercury, venus, earth, ...outer] = planets;

/// Prints a heading with a rule under it.
function heading(title, rule = "─") {
    print();
    print(title);
    print(rule * len(title));
}

heading("1. Dusk: values");
print("seven numbers:", 255, 0xff, 0b1111_1111, 0o377, 1_000, 0.5, 1e3);
print("arithmetic:   ", 7 / 2, 7 ~/ 2, -7 % 3, 2 ** 10, 2 ** -1, 2 ** 100);
print("strings:      ", 'single', "double", r"raw \d+", "stars \u2605 \u{1F52D}");
print(`templates:     ${earth.name} has ${len(earth.moons)} moon (${`inside a template: ${1 + 1}`})`);
print("display:      ", [1, 2.0, "text", null, true, {name: "Ada", "b c": []}], heading, math);
print("sums of text: ", "n=" + 1 + " is " + true);
print(
    "equality:     ",
    [1, {a: 2}] == [1.0, {a: 2}],
    "1" != 1,
    "Io" in planets[4].moons,
    "ring" in earth,
    "oo" in "Moon",
);
print(
    "absent:       ",
    earth.ring,
    earth.ring ?? "no ring",
    earth.ring?.color.name,
    outer[-1].ring && "a ring!",
);
print("slices:       ", "observatory"[0:7], [0, 1, 2, 3, 4, 5][::2], "live"[::-1]);

heading("2. Functions");

/// The orbital period in years, by Kepler's third law.
function period(planet: Planet): number {
    return planet.au ** 1.5;
}

/// A greeting; `names` is whatever is left over.
function greet(greeting = "Good evening", ...names) {
    who = names.length == 0 ? "stranger" : names.join(" and ");
    return `${greeting}, ${who}`;
}

square = fn(x) => x * x;
describe = fn(planet: Planet): string => {
    {name, au, ring = false} = planet;
    return name + (ring ? " (ringed) " : " ") + `at ${au} au`;
};

print(greet());
print(greet("Welcome", "Ada", "Grace"));
print(greet(...["Clear skies", "Henrietta"]));
print(describe(planet: outer[2]), "and then", describe(earth));
print("immediately called:", (fn(x) => x + 1)(41), "named:", format(value: math.pi, spec: ".3f"));
print("one Saturn year is", round(period(outer[-1]), 1), "of ours");

/// A counter shares its variable with every function that mentions it.
function counter(start = 0) {
    count = start;
    return {
        up: fn(by = 1) => {
            nonlocal count;
            count += by;
            return count;
        },
        value: fn() => count,
    };
}

shooting_stars = counter();
for (seen in [1, 0, 3]) {
    shooting_stars.up(seen);
}
print("shooting stars so far:", shooting_stars.value());

heading("3. Pipelines");
planets
    |> collections.filter(fn(p) => p.moons.length > 0)
    |> collections.sortBy(fn(p) => -p.radius)
    |> collections.map(fn(p) => p.name.upper().padEnd(9) + "*" * (p.radius ~/ 3_000))
    |> fn(bars) => print(bars.join("\n"));
all_moons = planets.map(fn(p) => p.moons).flat();
longest = reduce(fn(best, m) => len(m) > len(best) ? m : best, all_moons, "");
print(
    "moons:",
    len(all_moons),
    "longest name:",
    longest,
    "sorted:",
    sorted(all_moons, key: len)[0:3],
);
loudly = functional.compose(fn(s) => s + "!", text.reverse);
print(
    "composed:",
    loudly("noom"),
    "by size:",
    collections.groupBy(all_moons, fn(m) => str(len(m))),
);

heading("4. Night: control flow");

function kind(au) {
    if (au < 0.5) {
        return "scorched";
    } elif (au < 2) {
        return "rocky";
    } elif (au < 6) {
        return "giant";
    } else {
        return "far away";
    }
}

for (i, planet in planets) {
    if (planet.name == "Venus") { continue; }
    if (i > 4) { break; }
    print(`${i + 1}. ${planet.name.padEnd(8)} ${format(planet.au, ">6.3f")} au  ${kind(planet.au)}`);
}

dome = {azimuth: 350, shutter: "open"};
while (dome.azimuth != 20) {
    dome.azimuth = (dome.azimuth + 10) % 360;
}
for (part, state in dome) {
    print("dome", part, "=", state);
}
[dome.azimuth, exposure] = [45, {seconds: 30}];
exposure.seconds *= 2;
exposure.filter ??= "red";
exposure.seconds ~/= 7;
readings = [3, 1, 2, 9];
readings[1:3] = [7, 7, 7];
readings[0] -= 1;
print("set:", dome, exposure, readings);

heading("5. Match");

/// What an event of the evening means.
function judge(event) {
    return match (event) {
        null => "nothing at all",
        0 | 1 => "hardly anything",
        n if typeof(n) == "number" && n < 0 => `${-n} below zero`,
        "clouds" | "rain" => "we stay inside",
        [] => "an empty list",
        [only] => `just ${only}`,
        [first, ..._middle, last] => `from ${first} to ${last}`,
        {type: "comet", tail: {length}, ...rest} if length > 10 =>
            `a great comet (${keys(rest).join(", ")})`,
        {type: "comet"} => "a small comet",
        {type: "star" | "nova", name} => `${name} shines`,
        _ => "who knows",
    };
}

events = [
    null,
    1,
    -4,
    "rain",
    [],
    ["a satellite"],
    ["dusk", "noon", "dawn"],
    {type: "comet", tail: {length: 40}, colour: "green", by: "Caroline"},
    {type: "comet"},
    {type: "nova", name: "T Coronae"},
    3.5,
];
for (event in events) {
    print(" *", judge(event));
}
clouds = 0;
for (event in events) {
    match (event) {
        "rain" | "clouds" => {
            clouds += 1;
            continue;
        }
        {type} => print("   logged a", type),
    }
}
print("evenings lost to the weather:", clouds);

heading("6. When things go wrong");

/// Finds a planet, or throws an object that `except` receives as an error.
function find(name) {
    found = planets.find(fn(p) => p.name == name);
    if (found == null) {
        throw {message: `no planet called ${name}`, type: "NotFound", wanted: name};
    }
    return found;
}

try {
    find("Pluto");
} except (e) {
    print(`${e.type} on line ${e.line} in ${e.stack[-1].function}: ${e} (wanted ${e.wanted})`);
} finally {
    print("the dome stays open");
}
faults = [
    fn() => [1, 2][5],
    fn() => {a: 1}["b"],
    fn() => 1 / 0,
    fn() => int("twelve"),
    fn() => null.name,
    fn() => call(square, 1, 2),
    fn() => math.sqrt(-1),
];
tally = {};
for (fault in faults) {
    try {
        fault();
    } except (e) {
        tally[e.type] = getattr(tally, e.type, 0) + 1;
    }
}
print("faults caught:", tally);

heading("7. The library");
log = "21:04 Io   mag 5.0\n21:40 Titan mag 8.3\n23:15 Moon mag -12.7";
sightings = regex.findall("(\d+:\d+) (\w+) +mag (-?[\d.]+)", log)
    |> collections.map(fn(row) => {at: row[0], what: row[1], magnitude: float(row[2])});
for ({at, what, magnitude} in sightings) {
    print(at, what.padEnd(6), format(magnitude, "+6.1f"));
}
brightest = sorted(sightings, key: fn(s) => s.magnitude)[0];
print("as JSON:", json.stringify({...brightest, "seen by": null}));
print(
    "and back:",
    json.parse('{"ok": true, "list": [1, 2.5]}').list,
    text.snakeCase("brightestMoon"),
);
print(
    "1 to 20 has",
    sum(range(1, 21).filter(fn(n) => math.gcd(n, 20) == 1)),
    "as the sum of its coprimes to 20",
);
console.log("the console module prints as well");

heading("8. What a program may touch");
print("may I read the logbook?", hasCapability("file.read:./logbook/tonight.txt"));
with capability(Logbook, "file.read:./logbook/2024/**") {
    print("and inside a narrower block?", hasCapability("file.read:./secrets.txt"));
}

heading("9. Dawn");
visits = 0;

/// Draws a row of the sky; the letters depend on nothing but the numbers.
function sky(width, seed) {
    nonlocal visits;
    visits += 1;
    row = "";
    for (_column in range(width)) {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        row += match (seed ~/ 65_536 % 23) {
            0 => "*",
            1 | 2 => ".",
            3 => "\u{00B7}",
            _ => " ",
        };
    }
    return row;
}

for (line in range(5)) {
    print(("   " + sky(56, 41 * (line + 3))).rstrip());
}
print("rows drawn:", visits, visits in range(5, 6) ? "as planned" : "oddly");

test "Kepler" {
    assertEqual(period(earth), 1.0);
    assert abs(period(venus) - 0.615) < 0.001, "Venus takes 0.615 years";
}

test "a missing planet is an error of its own type" {
    assertThrows(fn() => find("Vulcan"), "NotFound");
}

test "counters do not share" {
    [a, b] = [counter(), counter(10)];
    a.up();
    assert a.value() == 1 && b.value() == 10;
}
