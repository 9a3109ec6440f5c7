Addresses that lead elsewhere than they say.

//# an address without a grant
//: error CapabilityError net.connect
import http; http.get("http://example.com/")

//# another host than the granted one
//: grants ["net.connect:example.com:443"]
//: error CapabilityError
import http; http.get("https://example.org/")

//# another port than the granted one
//: grants ["net.connect:example.com:443"]
//: error CapabilityError
import http; http.get("https://example.com:8443/")

//# user info that looks like the host
//: grants ["net.connect:example.com:443"]
//: error ValueError
import http; http.get("https://example.com@example.org/")

//# user info with a port
//: grants ["net.connect:example.com:443"]
//: error ValueError
import http; http.get("https://example.com:443@169.254.169.254/")

//# a backslash before the host
//: grants ["net.connect:example.com:443"]
//: error ValueError
import http; http.get("https://example.com\\@example.org/")

//# a subdomain of another
//: grants ["net.connect:*.example.com:443"]
//: error CapabilityError
import http; http.get("https://evilexample.com/")

//# a host that ends like the granted one
//: grants ["net.connect:example.com:443"]
//: error CapabilityError
import http; http.get("https://notexample.com/")

//# a host with the granted one in front
//: grants ["net.connect:example.com:443"]
//: error CapabilityError
import http; http.get("https://example.com.attacker.test/")

//# the loopback address under a grant of all
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://127.0.0.1/")

//# the loopback address in one number
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http://2130706433/")

//# the loopback address in octal
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http://0177.0.0.1/")

//# the loopback address in hexadecimal
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http://0x7f000001/")

//# the loopback address, short
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http://127.1/")

//# the loopback address of version 6
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://[::1]/")

//# the loopback address of version 4 within 6
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://[::ffff:127.0.0.1]/")

//# the address that means here
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://0.0.0.0/")

//# the metadata service of clouds
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://169.254.169.254/latest/meta-data/")

//# the metadata service of clouds, version 6
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://[fd00:ec2::254]/")

//# a private network
//: grants ["net.connect:*:80"]
//: error CapabilityError
import http; http.get("http://10.0.0.1/")

//# a zone id
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http://[fe80::1%25eth0]/")

//# a file
//: grants ["net.connect:*:*", "file.read:/**"]
//: error ValueError
import http; http.get("file:///etc/passwd")

//# gopher
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("gopher://example.com/")

//# a scheme in capital letters is the same
//: error CapabilityError example.com:80
import http; http.get("HTTP://EXAMPLE.com/")

//# a host with full-width characters
//: grants ["net.connect:example.com:80"]
//: error ValueError
import http; http.get("http://example\u3002com/")

//# a host with digits in circles
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http://①②⑦.0.0.1/")

//# a line break in a URL
//: grants ["net.connect:example.com:80"]
//: error ValueError
import http; http.get("http://example.com/\r\nX-Injected: 1")

//# a space in a URL
//: grants ["net.connect:example.com:80"]
//: error ValueError
import http; http.get("http://example.com/ HTTP/1.1")

//# a NUL in a host
//: grants ["net.connect:example.com:80"]
//: error ValueError
import http; http.get("http://example.com\x00.attacker.test/")

//# a line break in a header
//: grants ["net.connect:127.0.0.1:9"]
//: error ValueError
import http; http.get("http://127.0.0.1:9/", headers: {"X-A": "1\r\nX-B: 2"})

//# a line break in the name of a header
//: grants ["net.connect:127.0.0.1:9"]
//: error ValueError
import http; http.get("http://127.0.0.1:9/", headers: {"X-A\r\nX-B": "1"})

//# a method with a line break
//: grants ["net.connect:127.0.0.1:9"]
//: error ValueError
import http; http.request("GET / HTTP/1.1\r\nX: y", "http://127.0.0.1:9/")

//# a port that is no number
//: grants ["net.connect:example.com:*"]
//: error ValueError
import http; http.get("http://example.com:80abc/")

//# a port beyond all
//: grants ["net.connect:example.com:*"]
//: error ValueError
import http; http.get("http://example.com:99999/")

//# no host
//: grants ["net.connect:*:80"]
//: error ValueError
import http; http.get("http:///etc/passwd")

//# a closed port of a granted address tells nothing of the host
//: grants ["net.connect:127.0.0.1:9"]
//: error IOError
import http; http.get("http://127.0.0.1:9/", retries: 0)

//# encoding of texts is pure
//: value ["a%20b", "a b"]
import http; [http.encodeURI("a b"), http.decodeURI("a%20b")]
