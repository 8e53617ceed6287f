/** Stylesheet of a publisher's sheet: light, dark where the reader prefers it, and one page of paper. */
export const STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1b2230;--soft:#566072;--line:#d5dae3;--field:#f2f4f8;--accent:#1f5fae;--warn-ink:#7a4a00;--warn:#fff4dc}
@media (prefers-color-scheme:dark){:root{--page:#11151c;--ink:#eef1f6;--soft:#a5afc0;--line:#323a48;--field:#1b212c;--accent:#7db1f0;--warn-ink:#f2c46d;--warn:#2b2210}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px;max-width:1080px;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.event{margin:0;color:var(--soft);font-weight:600}
h1{margin:0 0 8px;font-size:28px;line-height:1.2}
h1 span,h3 span{font-weight:400;color:var(--soft)}
h2{margin:0 0 8px;font-size:17px}
h3{margin:12px 0 4px;font-size:14px;color:var(--accent)}
.warn{margin:0 0 16px;padding:8px 12px;border-radius:6px;background:var(--warn);color:var(--warn-ink)}
main{columns:2;column-gap:24px}
section{break-inside:avoid;margin:0 0 16px;padding:14px 16px;border:1px solid var(--line);border-radius:8px}
.ffmpeg{break-inside:auto;column-span:all;margin-top:16px}
.paper{display:none}
.hint{margin:0 0 8px;color:var(--soft);font-size:13px}
dl{display:grid;grid-template-columns:minmax(88px,max-content) 1fr;gap:3px 12px;margin:0}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
code,pre{font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
dd code{padding:1px 4px;border-radius:4px;background:var(--field);overflow-wrap:anywhere;box-decoration-break:clone;-webkit-box-decoration-break:clone}
pre{margin:0;padding:8px 10px;border-radius:6px;background:var(--field);white-space:pre-wrap;overflow-wrap:anywhere;break-inside:avoid}
ol,ul{margin:0;padding-left:20px}
ol>li{break-inside:avoid;margin-bottom:8px}
ol>li h3{margin-top:0}
.codes{display:flex;flex-wrap:wrap;gap:16px}
figure{margin:0;width:220px}
figure svg{display:block;width:220px;height:220px;border-radius:6px}
figcaption{margin-top:6px;font-size:13px;color:var(--soft)}
@media (max-width:760px){main{columns:1}body{padding:14px}}
@page{size:A4;margin:8mm}
@media print{
:root{--page:#fff;--ink:#000;--soft:#444;--line:#bbb;--field:#f4f4f4;--accent:#000;--warn-ink:#000;--warn:#fff}
body{padding:0;max-width:none;font-size:8.1pt;line-height:1.22}
main{columns:2;column-gap:4mm}
section{padding:2mm 2.6mm;margin-bottom:2mm}
h1{font-size:14pt;margin-bottom:.5mm}h2{font-size:10pt;margin-bottom:.8mm}h3{font-size:8.6pt;margin:1mm 0 .3mm}
.warn{padding:0;margin-bottom:2mm;font-weight:600}
.hint,figcaption{font-size:7.6pt;margin-bottom:.6mm}
code,pre{font-size:6.9pt;line-height:1.22}
pre{padding:1mm 1.4mm}.ffmpeg pre,.ffmpeg h3,.ffmpeg .screen{display:none}.ffmpeg{column-span:none;margin-top:0}.ffmpeg .paper{display:block}
dl{gap:.2mm 2.4mm}
ol>li{margin-bottom:1mm}
figure,figure svg{width:40mm}figure svg{height:40mm}
}
`;
