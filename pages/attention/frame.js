// The figure in a frame of its own. It says what the reader chooses in it, and opens what is chosen on the page.
export default function ({ parentElement, data, setStateValue }) {
  const frame = parentElement.querySelector("iframe");
  const text = JSON.stringify(data.chosen);
  const choose = () => frame.contentWindow.postMessage({ paloscopio: { choose: data.chosen } }, "*");
  const said = frame.said ??= [];                // by the figure, and not yet heard back from the page
  const heard = said.indexOf(text);
  if (heard >= 0) said.splice(0, heard + 1);
  else if (frame.shown === data.html) choose();
  if (!frame.shown) frame.style.height = `${frame.clientWidth + 190}px`;      // about what the first view takes
  if (frame.shown !== data.html) frame.srcdoc = frame.shown = data.html;      // once there, it says "ready"
  frame.title = data.alt;
  window.removeEventListener("message", frame.listen);
  frame.listen = (event) => {
    const news = event.source === frame.contentWindow && event.data.paloscopio;
    if (!news) return;
    if (news.ready) choose();
    if (news.height) frame.style.height = `${news.height}px`;
    if (news.chosen) {
      said.push(JSON.stringify(news.chosen));
      setStateValue("chosen", news.chosen);
    }
  };
  window.addEventListener("message", frame.listen);
  return () => window.removeEventListener("message", frame.listen);
}
