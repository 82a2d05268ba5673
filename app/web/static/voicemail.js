// Who listens again begins another playing, which is noted anew. The player itself is the browser's.
(() => {
  document.addEventListener("ended", (event) => {
    const player = event.target.closest && event.target.closest("audio[data-sound]");
    if (!player) return;
    const name = crypto.getRandomValues(new Uint32Array(4)).join("-");
    player.src = `${player.dataset.sound}?playing=${name}`;
  }, true);
})();
