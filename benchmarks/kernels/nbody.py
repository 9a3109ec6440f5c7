"""The five outer bodies of the solar system, each a dict as ML's objects are, advanced in steps of 0.01 days."""


def bodies():
    solar = 39.47841760435743
    year = 365.24
    return [
        {"x": 0.0, "y": 0.0, "z": 0.0, "vx": 0.0, "vy": 0.0, "vz": 0.0, "mass": solar},
        {
            "x": 4.84143144246472090, "y": -1.16032004402742839, "z": -0.103622044471123109,
            "vx": 0.00166007664274403694 * year, "vy": 0.00769901118419740425 * year, "vz": -0.0000690460016972063023 * year,
            "mass": 0.000954791938424326609 * solar,
        },
        {
            "x": 8.34336671824457987, "y": 4.12479856412430479, "z": -0.403523417114321381,
            "vx": -0.00276742510726411230 * year, "vy": 0.00499852801234917238 * year, "vz": 0.0000230417297573763929 * year,
            "mass": 0.000285885980666130812 * solar,
        },
        {
            "x": 12.8943695621391310, "y": -15.1111514016986312, "z": -0.223307578892655734,
            "vx": 0.00296460137564761618 * year, "vy": 0.00237847173959480950 * year, "vz": -0.0000296589568540237556 * year,
            "mass": 0.0000436624404335156298 * solar,
        },
        {
            "x": 15.3796971148509165, "y": -25.9193146099879641, "z": 0.179258772950371181,
            "vx": 0.00268067772490389322 * year, "vy": 0.00162824170038242295 * year, "vz": -0.0000951592254519715870 * year,
            "mass": 0.0000515138902046611451 * solar,
        },
    ]


def pairs_of(everything):
    return [[a, b] for i, a in enumerate(everything) for b in everything[i + 1 :]]


def advance(everything, pairs, step):
    for a, b in pairs:
        dx = a["x"] - b["x"]
        dy = a["y"] - b["y"]
        dz = a["z"] - b["z"]
        force = step * (dx * dx + dy * dy + dz * dz) ** -1.5
        pull = b["mass"] * force
        push = a["mass"] * force
        a["vx"] -= dx * pull
        a["vy"] -= dy * pull
        a["vz"] -= dz * pull
        b["vx"] += dx * push
        b["vy"] += dy * push
        b["vz"] += dz * push
    for body in everything:
        body["x"] += step * body["vx"]
        body["y"] += step * body["vy"]
        body["z"] += step * body["vz"]


def energy(everything, pairs):
    total = 0.0
    for a, b in pairs:
        dx = a["x"] - b["x"]
        dy = a["y"] - b["y"]
        dz = a["z"] - b["z"]
        total -= a["mass"] * b["mass"] / (dx * dx + dy * dy + dz * dz) ** 0.5
    for body in everything:
        total += body["mass"] * (body["vx"] * body["vx"] + body["vy"] * body["vy"] + body["vz"] * body["vz"]) / 2.0
    return total


def run(n):
    everything = bodies()
    pairs = pairs_of(everything)
    for _ in range(n):
        advance(everything, pairs, 0.01)
    return energy(everything, pairs)
