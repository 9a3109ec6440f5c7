Imports that lead out of the registry and the program's folders.

//# a Python module
//: check E0501
import os;

//# sys
//: check E0501
import sys;

//# subprocess under another name
//: check E0501
import subprocess as math;

//# a module of mlpy
//: check E0501
import mlpy.engine;

//# the runtime
//: check E0501
import mlpy.runtime.values;

//# a private file of the library
//: check E0501
import _patterns;

//# a private file of the library by its path
//: check E0501
import stdlib._sql;

//# a dunder
//: check E0116
import __main__;

//# the builtins
//: check E0501
import builtins;

//# ctypes
//: check E0501
import ctypes;

//# importlib
//: check E0501
import importlib;

//# a member of the library as a module
//: check E0501
import math.sqrt;

//# a file by a path
//: check E0123
import "/etc/passwd";

//# a file by two dots
//: check E0123
import ..secret;

//# a file in a folder that no program has
//: check E0501
import a.b.c;

//# an import in a function
//: check E0126
function f() { import math; return math; } f()

//# an import from
//: check E0123
from math import sqrt;

//# an import of all
//: check E0123
import *;

//# an import by a computed name
//: check E0123
name = "os"; import(name);

//# require
//: check E0203
require("fs")

//# the module math under a builtin's name
//: value 2.0
import math as len; len.sqrt(4)

//# a module twice is one module
//: value true
import math; import math as m; str(math) == str(m) && math.pi == m.pi

//# a module is not changed by shadowing its name
//: value [5, 2.0]
import math; import math as m; math = 5; [math, m.sqrt(4)]

//# a module's members cannot be stored
//: error TypeError
import random; random["random"] = fn() => 4;

//# a module in an object is still a module
//: value ["module", 2.0]
import math; _o = {m: math}; [typeof(_o.m), _o.m.sqrt(4)]

//# a module that leaves the program
//: value true
import math; _m = math; typeof(_m) == "module"

//# a module as an argument to the host
//: functions measure
//: error TypeError
import math; measure(math)

//# the names of modules are those of the registry
//: value true
"math" in availableModules() && !("engine" in availableModules()) && !("_sql" in availableModules())

//# help for a module of Python
//: value null
help("subprocess");

//# an import after a capability block has no more than the block
//: grants ["file.read:{here}/**"]
//: error CapabilityError
capability Narrow { resource "{here}/sub/**"; allow read; } import file; file.read("{here}/a.txt")

//# every module of the library can be imported without a grant
//: value 21
import args; import collections; import console; import crypto; import csv; import datetime; import env; import file; import functional; import http; import json;
import log; import math; import parallel; import path; import process; import random; import regex; import sqlite; import string; import time;
modules().length
