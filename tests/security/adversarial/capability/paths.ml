Paths that lead out of what was granted.

//# a file that was granted
//: grants ["file.read:{here}/**"]
//: value "alpha\n"
import file; file.read("{here}/a.txt")

//# a file without a grant
//: error CapabilityError file.read
import file; file.read("{here}/a.txt")

//# two dots
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}/../closed/secret.txt")

//# two dots behind a folder that does not exist
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}/nothing/../../closed/secret.txt")

//# two dots behind a file
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}/a.txt/../../closed/secret.txt")

//# a name that begins like the granted folder
//: grants ["file.read:{here}"]
//: error CapabilityError
import file; file.read("{here}-other.txt")

//# a name that begins like the granted folder with stars
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}-other.txt")

//# a link to a file outside
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}/link.txt")

//# a folder that is a link outside
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}/linked/secret.txt")

//# a link to itself
//: grants ["file.read:{here}/**"]
//: error IOError
import file; file.read("{here}/loop")

//# whether a link's target exists is not told
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.exists("{here}/link.txt")

//# whether a file outside exists is not told
//: grants ["file.read:{here}/**"]
//: value ["CapabilityError", "CapabilityError"]
import file; ["{here}/../closed/secret.txt", "{here}/../closed/nothing.txt"].map(fn(p) => assertThrows(fn() => file.exists(p)).type)

//# the size of a file outside is not told
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.size("{here}/link.txt")

//# a pipe is no file
//: grants ["file.read:{here}/**"]
//: error IOError
import file; file.read("{here}/pipe")

//# a device inside of stars
//: grants ["file.read:/**"]
//: error IOError
import file; file.read("/dev/zero")

//# the process's own memory inside of stars
//: grants ["file.read:/**"]
//: error IOError
import file; file.read("/proc/self/mem")

//# the environment of the process inside of stars
//: grants ["file.read:/**"]
//: error IOError
import file; file.read("/proc/self/environ")

//# the environment by way of the thread
//: grants ["file.read:/**"]
//: error IOError
import file; file.read("/proc/thread-self/environ")

//# descriptors of the process inside of stars
//: grants ["file.read:/**"]
//: error IOError
import file; file.read("/dev/fd/0")

//# the command line of the process by two dots
//: grants ["file.read:/**"]
//: error IOError
import file; file.read("/tmp/../proc/self/cmdline")

//# a NUL in a path
//: grants ["file.read:{here}/**"]
//: error ValueError
import file; file.read("{here}/a.txt\x00.png")

//# a line feed in a path
//: grants ["file.read:{here}/**"]
//: error ValueError
import file; file.read("{here}/a.txt\n")

//# a tilde is a character
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("~/.ssh/id_rsa")

//# a variable is a text
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("$HOME/.ssh/id_rsa")

//# an empty path
//: grants ["file.read:{here}/**"]
//: error ValueError
import file; file.read("")

//# a star in a path is no pattern
//: grants ["file.read:{here}/**"]
//: error IOError
import file; file.read("{here}/*.txt")

//# the path of a grant is literal
//: grants ["file.read:{here}/a.txt"]
//: error CapabilityError
import file; file.read("{here}/{a,b}.txt")

//# a URL is no path
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("file://{here}/a.txt")

//# backslashes are characters
//: grants ["file.read:{here}/**"]
//: error IOError
import file; file.read("{here}/sub\\..\\..\\closed\\secret.txt")

//# a path in capital letters
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.read("{here}/a.txt".upper())

//# percent signs are not decoded
//: grants ["file.read:{here}/**"]
//: error IOError
import file; file.read("{here}/%2e%2e/closed/secret.txt")

//# full-width dots are characters
//: grants ["file.read:{here}/**"]
//: error IOError
import file; file.read("{here}/\uff0e\uff0e/closed/secret.txt")

//# reading is not writing
//: grants ["file.read:{here}/**"]
//: error CapabilityError file.write
import file; file.write("{here}/a.txt", "x")

//# writing is not reading
//: grants ["file.write:{here}/out/**"]
//: error CapabilityError file.read
import file; file.read("{here}/out/a.txt")

//# appending is not writing
//: grants ["file.append:{here}/**"]
//: error CapabilityError file.write
import file; file.write("{here}/a.txt", "x")

//# a copy needs both sides
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; file.copy("{here}/a.txt", "{here}/c.txt")

//# a copy out of a secret
//: grants ["file.read:{here}/**", "file.write:{here}/**"]
//: error CapabilityError
import file; file.copy("{here}/../closed/secret.txt", "{here}/c.txt")

//# a copy through a link
//: grants ["file.read:{here}/**", "file.write:{here}/**"]
//: error CapabilityError
import file; file.copy("{here}/link.txt", "{here}/c.txt")

//# a move out
//: grants ["file.read:{here}/**", "file.write:{here}/**", "file.delete:{here}/**"]
//: error CapabilityError
import file; file.move("{here}/a.txt", "{here}/../closed/a.txt")

//# writing through a link
//: grants ["file.write:{here}/**"]
//: error CapabilityError
import file; file.write("{here}/linked/new.txt", "x")

//# deleting outside
//: grants ["file.delete:{here}/**"]
//: error CapabilityError
import file; file.delete("{here}/../closed/secret.txt")

//# lines of a file outside
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import file; for (l in file.lines("{here}/link.txt")) { print(l); }

//# a walk does not follow links out
//: grants ["file.read:{here}/**"]
//: value []
import path; path.walk("{here}").filter(fn(p) => str(p).includes("secret.txt"))

//# a pattern does not leave its folder
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import path; path.glob("{here}/../closed/*")

//# a pattern with two dots behind the star
//: grants ["file.read:{here}/**"]
//: value []
import path; path.glob("{here}/*/../../closed/*")

//# a listing of a link out
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import path; path.listDir("{here}/linked")

//# the working folder is told under a grant only
//: error CapabilityError env.read
import path; path.cwd()

//# the home folder is told under a grant only
//: error CapabilityError env.read
import path; path.home()

//# the absolute form of a path tells the working folder
//: error CapabilityError
import path; path.absolute("x")

//# a table of values outside
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import csv; csv.read("{here}/link.txt")

//# a table of values that was granted
//: grants ["file.read:{here}/**"]
//: value [{"n": "1", "v": "2"}]
import csv; csv.read("{here}/rows.csv")

//# the digest of a file outside
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import crypto; crypto.hashFile("{here}/../closed/secret.txt")

//# a log to a file outside
//: grants ["file.append:{here}/**"]
//: error CapabilityError
import log; log.addFile("{here}/../closed/log.txt")

//# a database outside
//: grants ["file.read:{here}/**"]
//: error CapabilityError
import sqlite; sqlite.open("{here}/../closed/secret.txt")

//# a database by URI
//: grants ["file.read:{here}/**", "file.write:{here}/**"]
//: error CapabilityError
import sqlite; sqlite.open("file:{here}/../closed/x.db?mode=rwc")

//# attaching a database
//: error Error
import sqlite; db = sqlite.open(":memory:"); try { db.execute("attach '{here}/../closed/x.db' as other"); } except (e) { throw {message: "refused"}; }

//# a vacuum into a file
//: error Error
import sqlite; db = sqlite.open(":memory:"); try { db.execute("vacuum into '{here}/x.db'"); } except (e) { throw {message: "refused"}; }

//# loading an extension of sqlite
//: error Error
import sqlite; db = sqlite.open(":memory:"); try { db.query("select load_extension('/tmp/x.so')"); } except (e) { throw {message: "refused"}; }

//# a pragma that writes
//: error Error
import sqlite; db = sqlite.open(":memory:"); try { db.execute("pragma temp_store_directory = '{here}'"); } except (e) { throw {message: "refused"}; }

//# reading a file by sql
//: error Error
import sqlite; db = sqlite.open(":memory:"); try { db.query("select readfile('{here}/a.txt')"); } except (e) { throw {message: "refused"}; }

//# a path that is no string
//: grants ["file.read:{here}/**"]
//: error TypeError
import file; file.read(["{here}/a.txt"])

//# a path that is a number, a descriptor in Python
//: grants ["file.read:{here}/**"]
//: error TypeError
import file; file.read(0)

//# an encoding is chosen from a table
//: grants ["file.read:{here}/**"]
//: error ValueError
import file; file.read("{here}/a.txt", "idna")

//# an encoding that compresses
//: grants ["file.read:{here}/**"]
//: error ValueError
import file; file.read("{here}/a.txt", encoding: "zlib")
