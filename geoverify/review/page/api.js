// Everything that the page asks of the program; a refusal becomes an Error with the program's own words.
async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The program does not answer: it was closed. Nothing is lost that was kept; start geoverify review again.");
  }
  const body = await answer.json().catch(() => ({ message: `refused (${answer.status})` }));
  if (!answer.ok) throw new Error(body.message);
  return body;
}

export const read = (path) => ask(path);
export const send = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
