/** The look of a report: two themes, colours told apart by people who see few, nothing fetched. */
export const REPORT_STYLE = `
:root{color-scheme:dark light;--page:#f3f6f9;--card:#fff;--line:#d6dfe8;--text:#15202b;--muted:#51606f;--grid:#e6ecf1;--stall:rgb(214 48 48/.2);--net:#6b7b8c;--buffer:rgb(106 79 216/.16);--good:#08795b;--bad:#c3301f;
--c0:#0b74c4;--c1:#b06a00;--c2:#08795b;--c3:#a8358f;--c4:#6a4fd8;--c5:#c3301f;--c6:#0a7d8c;--c7:#6d6a1d;--c8:#55616d;--c9:#7d3f12;--c10:#3f7a00;--c11:#1d2f7a;--c12:#8c0f3c;--c13:#00594f}
@media (prefers-color-scheme:dark){:root{--page:#0c1117;--card:#131a22;--line:#263241;--text:#e8edf3;--muted:#9fadbd;--grid:#202b38;--stall:rgb(255 90 90/.26);--net:#8796a8;--buffer:rgb(169 150 255/.2);--good:#35d0a5;--bad:#ff8b7d;
--c0:#56b6ff;--c1:#f2b134;--c2:#35d0a5;--c3:#f58ad8;--c4:#a996ff;--c5:#ff8f7a;--c6:#5ad6e6;--c7:#d6d06a;--c8:#c7d3df;--c9:#cf9163;--c10:#a6e35c;--c11:#8ea6ff;--c12:#ff6f9f;--c13:#9fe8d8}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1040px;padding:20px 16px 60px;background:var(--page);color:var(--text);font:14px/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
h1{margin:0;font-size:24px;overflow-wrap:anywhere}h2{margin:0 0 4px;font-size:16px}p{margin:0 0 10px;color:var(--muted)}header p{margin:2px 0 8px}
section{margin:14px 0;padding:14px 16px;border:1px solid var(--line);border-radius:10px;background:var(--card)}
figure{margin:0}svg{display:block;width:100%;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0;padding:0;list-style:none}section .legend{margin:0 0 8px}.legend li{display:flex;gap:7px;align-items:center}
.key{width:14px;height:14px;border-radius:4px;background:var(--c)}
.answer{margin:6px 0 0;padding:0;list-style:none}.answer li{padding:4px 0 4px 12px;border-left:4px solid var(--net)}.answer .better{border-color:var(--good)}.answer .worse{border-color:var(--bad)}
.caution{margin:10px 0 0}.scroll{overflow-x:auto}table{width:100%;border-collapse:collapse}th,td{padding:7px 10px;border-bottom:1px solid var(--line);text-align:right;vertical-align:top;white-space:nowrap}th:first-child{text-align:left}thead th{color:var(--muted);font-weight:500;font-size:12.5px}tbody tr:last-child>*{border-bottom:0}
td small{display:block;color:var(--muted);font-size:12px}.mark{font-size:12px}.better .mark{color:var(--good)}.worse .mark{color:var(--bad)}
.wide svg{min-width:760px}.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(330px,100%),1fr));gap:14px}
.grid{stroke:var(--grid)}.tick{fill:var(--muted);font-size:11px}.title{fill:var(--text);font-size:11.5px}
.s0{--c:var(--c0)}.s1{--c:var(--c1)}.s2{--c:var(--c2)}.s3{--c:var(--c3)}.s4{--c:var(--c4)}.s5{--c:var(--c5)}.s6{--c:var(--c6)}.s7{--c:var(--c7)}.s8{--c:var(--c8)}.s9{--c:var(--c9)}.s10{--c:var(--c10)}.s11{--c:var(--c11)}.s12{--c:var(--c12)}.s13{--c:var(--c13)}
.line{fill:none;stroke:var(--c);stroke-width:2}.dot{fill:var(--c);fill-opacity:.45}.centre circle{fill:var(--c);stroke:var(--card);stroke-width:2.5}
.session{margin-top:16px}.session figcaption{margin-top:2px;color:var(--muted);font-size:12.5px;overflow-wrap:anywhere}
.network{fill:none;stroke:var(--net);stroke-width:1}.shown{fill:none;stroke:var(--c);stroke-width:2.2}.area{fill:var(--buffer)}.stall{fill:var(--stall)}
dl{margin:0}dt{font-weight:600}dd{margin:0 0 8px;color:var(--muted)}
:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
@media print{section{break-inside:avoid}}
`;
