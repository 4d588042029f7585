// Unpacks Plotly, which is in the file, and draws the figures.
const packed = document.getElementById("plotly").textContent.trim();
const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
new Response(unpacked).text().then((code) => {
  const script = document.createElement("script");
  script.textContent = code;
  document.head.append(script);
  for (const place of document.querySelectorAll(".chart")) {
    const figure = JSON.parse(place.querySelector("script").textContent);
    const options = { displaylogo: false, responsive: true };
    Plotly.newPlot(place.querySelector("div"), figure.data, figure.layout, options);
  }
});
