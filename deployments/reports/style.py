"""How a report looks: light or dark as the reader's machine is, on a telephone, on paper."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --line: light-dark(#d8dbe0, #3a3f47); --soft: light-dark(#f4f5f7, #1f2329);
  --dim: light-dark(#57606a, #9aa4b0); --accent: light-dark(#0b5cad, #7db7f5); --paper: light-dark(#ffffff, #14171b);
  --ink: light-dark(#1a1d21, #e6e9ed); --good: light-dark(#12713a, #6fd196); --bad: light-dark(#b3261e, #ff9a92);
  --doubt: light-dark(#8a5200, #f0bd6c); --good-soft: light-dark(#e2f4e8, #12351f); --bad-soft: light-dark(#fdeceb, #421a17);
  --doubt-soft: light-dark(#fdf1dd, #3d2a0a); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem; margin: 0 auto;
  padding: 2rem 1.25rem 5rem; overflow-wrap: break-word; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .6rem; } h2 { font-size: 1.25rem; margin: 3rem 0 .3rem; }
h3 { font-size: 1rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; max-width: 46rem; } .dim { color: var(--dim); } a { color: var(--accent); }
code, pre { font: 14px/1.5 ui-monospace, monospace; }
.outcome { display: inline-block; font-weight: 650; border-radius: 999px; padding: .1rem .8rem; margin-right: .5rem;
  background: var(--soft); }
.outcome.good { color: var(--good); background: var(--good-soft); } .outcome.bad { color: var(--bad); background: var(--bad-soft); }
.outcome.doubt { color: var(--doubt); background: var(--doubt-soft); }
.note { border-left: 3px solid var(--doubt); padding-left: .8rem; color: var(--dim); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.2rem, 1fr)); gap: .75rem; margin: 1.5rem 0; padding: 0; }
.figures div { background: var(--soft); border-radius: 8px; padding: .7rem .9rem; }
.figures dt { font-size: .85rem; color: var(--dim); } .figures dd { margin: .1rem 0 0; font-size: 1.08rem; font-weight: 600;
  font-variant-numeric: tabular-nums; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 1.5rem 0; padding: .7rem 0; border-block: 1px solid var(--line); }
.lead { font-size: 1.02rem; margin-bottom: .9rem; }
.scroll { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .4rem 1rem .4rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line); } th { font-size: .85rem; font-weight: 600; color: var(--dim); white-space: nowrap; }
.figure { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.good { color: var(--good); } td.bad { color: var(--bad); } td.doubt { color: var(--doubt); }
dl.facts { display: grid; grid-template-columns: minmax(8rem, max-content) minmax(0, 1fr); gap: .25rem 1.2rem; margin: .8rem 0; }
dl.facts dt { color: var(--dim); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
ul.plain { padding-left: 1.1rem; margin: .8rem 0; }
.commands { list-style: none; padding: 0; } .commands li { margin: .5rem 0; }
.commands code { display: block; background: var(--soft); border-radius: 6px; padding: .35rem .7rem; }
.change { background: var(--soft); border-radius: 8px; padding: .9rem 1.1rem; margin: .8rem 0; white-space: pre-wrap; font-size: 15px; }
ins { color: var(--good); background: var(--good-soft); text-decoration: underline; text-underline-offset: 3px; }
del { color: var(--bad); background: var(--bad-soft); } .cut { color: var(--dim); }
.growth { margin: 1.2rem 0; } figcaption { font-size: .9rem; color: var(--dim); margin-top: 1.2rem; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; list-style: none; padding: 0; margin: .3rem 0 .6rem; font-size: .9rem; }
.legend svg { width: 28px; height: 6px; margin-right: .4rem; vertical-align: middle; }
.plot { position: relative; height: 17rem; margin: 0 0 2rem 4.6rem; border-left: 1px solid var(--line);
  border-bottom: 1px solid var(--line); } figcaption ~ figcaption ~ .plot { height: 9rem; }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.growth path { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke: var(--dim); }
.growth path.mark, .growth path.look { stroke-width: 1; stroke: var(--line); }
.growth path.level { stroke-width: 1.5; stroke: var(--ink); stroke-dasharray: 1 4; }
path.e_better, path.candidate_rate { stroke: light-dark(#0072b2, #56b4e9) !important; }
path.e_worse { stroke: light-dark(#c04a00, #ff8a4c) !important; stroke-dasharray: 8 3; }
path.e_worse_escalation { stroke: light-dark(#a8740a, #e9b94a) !important; stroke-dasharray: 2 3; }
path.futility, path.incumbent_rate { stroke-dasharray: 6 3 1 3; }
.plot span { position: absolute; font-size: .8rem; line-height: 1; color: var(--dim); white-space: nowrap; }
.plot span.mark { right: 100%; margin-right: .5rem; transform: translateY(-50%); }
.plot span.level { right: 0; transform: translateY(-115%); color: var(--ink); background: var(--paper); padding: 0 .2rem; }
.plot .from { top: 100%; left: 0; margin-top: .4rem; } .plot .to { top: 100%; right: 0; margin-top: .4rem; }
.trend { margin: 1.2rem 0 2.2rem; } .trend .plot { height: 8rem; margin: .9rem 0 1.6rem 4.6rem; }
.trend path { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; stroke: light-dark(#0072b2, #56b4e9); }
.trend path.mark { stroke-width: 1; stroke: var(--line); }
.trend path.level { stroke-width: 1.5; stroke: var(--ink); stroke-dasharray: 1 4; }
.trend path.reach { stroke-width: 6; stroke: light-dark(#b9d9ee, #1f4a66); }
.trend i { position: absolute; width: 7px; height: 7px; margin: -3.5px; border-radius: 50%; background: light-dark(#0072b2, #56b4e9); }
.trend i.few { background: var(--paper); border: 1.5px solid light-dark(#0072b2, #56b4e9); }
.trend summary { cursor: pointer; color: var(--dim); font-size: .9rem; }
.sides { border-top: 1px solid var(--line); padding: .7rem 0; } .sides > summary { cursor: pointer; font-weight: 600; }
.sides > summary span { font-weight: 400; color: var(--dim); margin-left: .5rem; }
.sides > div { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5rem; margin-top: .6rem; }
.side h4 { font-size: .85rem; margin: .3rem 0; color: var(--dim); font-weight: 600; } .side p { margin: .35rem 0; }
.say { border-radius: 10px; padding: .45rem .75rem; background: var(--soft); max-width: 92%; width: fit-content; }
.say.customer { background: none; border: 1px solid var(--line); margin-left: auto !important; }
.say.tool { font: 13px/1.45 ui-monospace, monospace; color: var(--dim); }
.say b { display: block; font-size: .75rem; font-weight: 600; color: var(--dim); }
.ending { font-weight: 600; } .ending.good { color: var(--good); } .ending.bad { color: var(--bad); }
@media (max-width: 44rem) { body { padding: 1.25rem 1rem 3rem; } .sides > div { grid-template-columns: 1fr; gap: 1rem; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; } dl.facts dd { margin-bottom: .5rem; }
  .figures { grid-template-columns: 1fr 1fr; } .figures div:last-child:nth-child(odd) { grid-column: span 2; }
  th, td { padding-right: .7rem; } .wide thead { display: none; }
  .wide tr { display: block; border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .wide td { display: grid; grid-template-columns: 6rem minmax(0, 1fr); column-gap: .7rem; }
  .wide td { border: 0; padding: .1rem 0; white-space: normal; }
  .wide td:empty { display: none; } .wide td::before { content: attr(data-head); color: var(--dim); font-size: .85rem; }
  .plot { margin-left: 3.6rem; } }
@media print { body { max-width: none; } nav { display: none; } h2 { break-after: avoid; } .sides, .plot { break-inside: avoid; } }
"""
