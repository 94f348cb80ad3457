/** The look of the view: light and dark, from a phone's width on. */
export const style = `:root {
  color-scheme: light dark;
  --page: #d3e0ea; --bubble: #fff; --text: #0f1419; --dim: #5b6b7a; --accent: #1a6fbf; --line: #dde5ec;
  --soft: #eaf3fb; --pill: #47596ae6; --bar: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1621; --bubble: #182533; --text: #f1f5f8; --dim: #9db0c1; --accent: #6ab3f3; --line: #24364a;
    --soft: #1f3347; --pill: #2b4157e6; --bar: #17212b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.4 system-ui, sans-serif; }
header { position: sticky; top: 0; z-index: 2; display: flex; gap: 12px; align-items: center; height: 60px;
  padding: 0 max(16px, calc(50% - 344px)); background: var(--bar); border-bottom: 1px solid var(--line); }
header div { min-width: 0; }
h1 { margin: 0; font-size: 17px; line-height: 1.25; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
header p { margin: 0; color: var(--dim); font-size: 13px; }
.avatar { flex: none; width: 42px; height: 42px; border-radius: 50%; background: #2a78c2; color: #fff;
  font-size: 20px; font-weight: 600; line-height: 42px; text-align: center; }
#pinned { position: sticky; top: 60px; z-index: 2; }
.pinned { display: block; padding: 6px max(16px, calc(50% - 344px)); background: var(--bar);
  border-bottom: 1px solid var(--line); color: inherit; text-decoration: none; font-size: 14px; }
.pinned b, .pinned span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
  border-left: 3px solid var(--accent); padding-left: 9px; }
.pinned b { color: var(--accent); font-weight: 600; }
main { max-width: 720px; margin: 0 auto; padding: 8px 16px 32px; }
ol { list-style: none; margin: 0; padding: 0; }
li { scroll-margin-top: 130px; }
#messages:not(:empty):has(li) + #empty { display: none; }
#empty { text-align: center; color: var(--dim); padding-top: 20vh; }
.message { max-width: 520px; margin: 8px 0; }
article { background: var(--bubble); border-radius: 14px 14px 14px 5px; padding: 8px 12px 6px;
  box-shadow: 0 1px 2px #10233526; overflow: hidden; overflow-wrap: anywhere; }
.message:target article { outline: 2px solid var(--accent); }
.author { display: block; color: var(--accent); font-size: 14px; }
.topic { display: block; color: var(--dim); font-size: 13px; }
.text { white-space: pre-wrap; }
.text a { color: var(--accent); }
.text blockquote { margin: 4px 0; padding: 4px 10px; border-left: 3px solid var(--accent); border-radius: 4px;
  background: var(--soft); }
.text pre, .text code { font: 14px/1.4 ui-monospace, monospace; background: var(--soft); border-radius: 4px; }
.text pre { margin: 4px 0; padding: 6px 10px; white-space: pre-wrap; }
.text code { padding: 1px 4px; }
.text mark { background: var(--text); color: var(--text); border-radius: 3px; }
.text mark:hover { background: none; }
.reply { display: block; margin: 2px 0 6px; padding: 3px 10px; border-left: 3px solid var(--accent); border-radius: 4px;
  background: var(--soft); color: inherit; text-decoration: none; font-size: 14px; }
.reply b { display: block; color: var(--accent); font-weight: 600; }
.reply b, .reply span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.photos { display: grid; gap: 2px; margin: -8px -12px 6px; }
.reply + .photos, .author + .photos, .topic + .photos { margin-top: 2px; }
.photos.n2, .photos.n4 { grid-template-columns: 1fr 1fr; }
.photos.n3 { grid-template-columns: repeat(3, 1fr); }
.photo img { display: block; width: 100%; max-height: 420px; object-fit: cover; background: var(--soft); }
.photos.n1 .photo img { object-fit: contain; }
.photos:not(.n1) .photo img { aspect-ratio: 1; }
.file { display: flex; gap: 10px; align-items: center; padding: 4px 0; color: inherit; text-decoration: none; }
.file b, .file small { display: block; }
.file b { font-weight: 600; }
.file small { color: var(--dim); font-size: 13px; }
.sign { flex: none; width: 42px; height: 42px; border-radius: 50%; background: #2a78c2; color: #fff; font-size: 20px;
  line-height: 42px; text-align: center; }
article footer { display: flex; flex-wrap: wrap; gap: 2px 8px; justify-content: flex-end; color: var(--dim); font-size: 12px; }
.buttons { margin-top: 4px; display: grid; gap: 4px; }
.row { display: flex; gap: 4px; }
.button { flex: 1; padding: 7px 10px; border-radius: 10px; background: var(--pill); color: #fff; text-align: center;
  text-decoration: none; font-size: 14px; overflow-wrap: anywhere; }
.service { text-align: center; margin: 10px 0; font-size: 13px; }
.service span { display: inline-block; padding: 3px 10px; border-radius: 12px; background: var(--pill); color: #fff; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 560px) {
  main { padding: 6px 8px 24px; }
  .message { max-width: none; margin-right: 20px; }
}
`;
