// Development only: asks the server's own issuer for an attestation and hands it to the page that opened this one.

const result = document.getElementById("result");
const nonce = new URLSearchParams(location.search).get("nonce");

async function attest(band) {
    result.textContent = "Making the proof…";
    const response = await fetch("/dev/age", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ nonce, band }),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const { token } = await response.json();
    if (window.opener) {
        window.opener.postMessage({ type: "tidegate-attestation", token }, location.origin);
        window.close();
    }
    result.textContent = "Done.";
    document.getElementById("token").value = token;
    document.getElementById("token-field").hidden = false;
}

for (const button of document.querySelectorAll("[data-band]")) {
    button.disabled = !nonce;
    button.addEventListener("click", () => attest(button.dataset.band).catch((error) => {
        result.textContent = `It did not work: ${error.message}.`;
    }));
}
if (!nonce) result.textContent = "Open this page with the button of the main page: it brings the nonce.";
