/** @template {HTMLElement} T @param {string} id @returns {T} an element of index.html */
export const byId = (id) => /** @type {T} */ (document.getElementById(id));
