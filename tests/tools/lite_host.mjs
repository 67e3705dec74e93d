// Excel as far as xlwings Lite's custom functions see it, around the real Pyodide. From standard input one JSON object:
// {files: {name: text}, calls: [[function, [argument, …]], …]}; to standard output another one with the answers.
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

// By itself Node would print the line of Pyodide that threw, which is a megabyte long.
process.on("uncaughtException", (error) => {
  process.stderr.write(String(error));
  process.exit(1);
});

const asked = JSON.parse(readFileSync(0, "utf8"));
const python = await loadPyodide();
for (const [name, text] of Object.entries(asked.files)) python.FS.writeFile(name, text);
python.runPython("import sys; sys.path.insert(0, '.'); import main, json, xlwings");

class CustomFunctionsError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
const associated = new Map();
const about = JSON.parse(python.runPython("xlwings.metadata()"));
const called = python.runPython("xlwings.called");
for (const { name } of about) {
  associated.set(name, async (...args) => {
    const answer = JSON.parse(called(JSON.stringify({ func_name: name, args })));
    if (answer.error) throw new CustomFunctionsError(answer.error, answer.message);
    return answer.result;
  });
}

const answers = [];
for (const [name, args] of asked.calls) {
  const started = performance.now();
  let answer;
  try {
    answer = { result: await associated.get(name)(...args) };
  } catch (error) {
    if (!(error instanceof CustomFunctionsError)) throw error;
    answer = { error: error.code, message: error.message };
  }
  answers.push({ ...answer, milliseconds: performance.now() - started });
}
const modules = JSON.parse(python.runPython("json.dumps(sorted({m.split('.')[0] for m in sys.modules}))"));
const leftOut = JSON.parse(python.runPython("json.dumps(main.xlroi_functions.NOT_IN_LITE)"));
process.stdout.write(JSON.stringify({ about, answers, modules, leftOut, version: python.version }));
