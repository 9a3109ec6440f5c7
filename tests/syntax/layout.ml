#!/usr/bin/env mlpy


// The file begins here.
import   math ;import data.loader as loader


;
/// Doc of area.
function area(w,h=1,...rest){return w*h;} // trailing
/* block
   comment */
if(a){b;}else{c;}
if (a) { b; } elif (c) { d; } else { e; }
try { risky(); } except (e) { print(e); }
function f(a_long_parameter_name: number, another_long_name: array<string> = [], third_name: boolean = false): string | null {
  // only a comment
}
xs.filter(fn(x)=>x>1).forEach(fn(x)=>{ // each
  print(x);

  print(x);});
numbers = [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33];
matrix = [
[1,2],[3,4]];
object = {name: "a long text that fills the line", other: "another long text that fills it", third: [1, 2]};
kept = {
a: 1, b: 2 };
message = "a long text that fills the line " + name + " another long text that fills it " + other + " and more";
value = xs |> filter(fn(x) => x.is_good) |> map(fn(x) => x.name) |> sorted |> join(", ") |> print_everything_there_is;
y = condition_that_is_long_enough ? the_first_value_that_may_come_out : the_second_value_that_may_come_out;
m = match(v){0=>"zero",1|2=>"few", // some
// own line
[x,...rest] if x>0=>x,{type:"circle",r}=>{a:r},_=>"many"};
match (v) { 1 => { return; } 2 => { x = 1; y = 2; } }
call(first_argument_that_is_long, second_argument_that_is_long, third_argument_that_is_long, named: 4);
r = r'raw' + 'single' + "\d+" + `t${ 1+1 }` + .5 + 1. + 0xFF;
capability C { resource "./a/**" , "./b"; allow read,file.write "./x"; // why
}
while(true){break;}
for(k,v in o){continue;}
with capability("file.read:./data/**",C){;}
last = 1
// the end
