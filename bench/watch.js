// Runs in every page before its own scripts; nothing of it is in the dashboard. `selector` and `least` are given.
(({ selector, least }) => {
  const watched = { longTasks: [] };
  globalThis.__watched = watched;
  let tellSeen;
  watched.seen = new Promise((tell) => (tellSeen = tell));

  // What is asked for was found in the document; two frames later it has been painted.
  const look = () => {
    if (document.querySelectorAll(selector).length < least) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => tellSeen(performance.now())));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) watched.longTasks.push([startTime, duration]);
  }).observe({ type: "longtask", buffered: true });

  const frame = () => new Promise(requestAnimationFrame);

  // How long each frame took while `each` was called before it, for a time, or until `stop` is called.
  watched.frames = async (each, ms) => {
    const taken = [];
    let isStopped = false;
    watched.stop = () => (isStopped = true);
    const began = await frame();
    for (let before = began; !isStopped && before - began < ms;) {
      each();
      const now = await frame();
      taken.push(now - before);
      before = now;
    }
    return taken;
  };

  // Down by so much each frame, and back from the end.
  watched.scroll = (inside, step, ms) => {
    let scroller = document.querySelector(inside);
    while (scroller.scrollHeight <= scroller.clientHeight) scroller = scroller.parentElement;
    // Read once: to ask between two frames would make the page lay out what has just changed.
    const last = scroller.scrollHeight - scroller.clientHeight;
    let top = scroller.scrollTop;
    let by = step;
    return watched.frames(() => {
      if (top + by < 0 || top + by > last) by = -by;
      top += by;
      scroller.scrollTop = top;
    }, ms);
  };

  // To another moment of the run before each frame, by a key of the playhead: back to its beginning, and on again.
  watched.moveInTime = (selector, ms) => {
    const slider = document.querySelector(selector);
    let key = "ArrowLeft";
    return watched.frames(() => {
      const now = Number(slider.ariaValueNow);
      if (now <= 0) key = "ArrowRight";
      else if (now >= Number(slider.ariaValueMax)) key = "ArrowLeft";
      slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }, ms);
  };
})
