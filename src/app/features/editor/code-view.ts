/** A CodeMirror view bound to a shared text: collaborators' cursors with names, one's own undo, languages, search. */

import { defaultKeymap, indentWithTab } from "@codemirror/commands";
import {
  bracketMatching,
  defaultHighlightStyle,
  foldGutter,
  foldKeymap,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, type Extension } from "@codemirror/state";
import { oneDarkHighlightStyle } from "@codemirror/theme-one-dark";
import {
  crosshairCursor,
  drawSelection,
  dropCursor,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
} from "@codemirror/view";
import { yCollab, yUndoManagerKeymap } from "y-codemirror.next";
import type { WrittenAs } from "../../../protocol/document-text.ts";
import { textOf } from "../../../text/yjs-text.ts";
import type { LiveDocument } from "../../core/live-document.ts";
import { visibleName } from "../../core/names.ts";
import { languageOf } from "./languages.ts";
import { setWrittenAs, textLimit } from "./text-limit.ts";

export interface CodeView {
  setReadOnly(readOnly: boolean): void;
  /** How the text is written into its file: its size is counted so. */
  setWrittenAs(as: WrittenAs): void;
  focus(): void;
  /** Unit in the text at which the main cursor is. */
  cursor(): number;
  close(): void;
}

interface CodeViewOptions {
  place: HTMLElement;
  path: string;
  live: LiveDocument;
  readOnly: boolean;
  /** Where the cursor stands at first. */
  cursor: number;
  onSave: () => void;
  /** What was typed or pasted was not taken. */
  onTooLarge: () => void;
}

/** Colours that keep their contrast on white. */
const lightStyle = HighlightStyle.define([...defaultHighlightStyle.specs]);

/** Opens an editor in an element. Ctrl-M lets Tab move the focus on. */
export function openCodeView(options: CodeViewOptions): CodeView {
  const { place, path, live, readOnly, cursor, onSave, onTooLarge } = options;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const scheme = new Compartment();
  const editable = new Compartment();
  const language = new Compartment();
  const shared = textOf(live.doc);
  const text = shared.toString();
  const saveKey = () => {
    onSave();
    return true;
  };
  const view = new EditorView({
    parent: place,
    state: EditorState.create({
      doc: text,
      selection: EditorSelection.cursor(Math.min(cursor, text.length)),
      extensions: [
        basics(),
        keymap.of([
          { key: "Mod-s", preventDefault: true, run: saveKey },
          ...yUndoManagerKeymap,
          ...searchKeymap,
          ...foldKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        yCollab(shared, live.awareness, { undoManager: live.undo }),
        textLimit(onTooLarge),
        scheme.of(colours(dark.matches)),
        editable.of(editing(!readOnly)),
        language.of([]),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": `Text of ${visibleName(path)}` }),
      ],
    }),
  });
  const follow = () => view.dispatch({ effects: scheme.reconfigure(colours(dark.matches)) });
  dark.addEventListener("change", follow);
  let open = true;
  languageOf(path).then(
    (found) => open && found !== undefined && view.dispatch({ effects: language.reconfigure(found) }),
    () => {}, // without its colours the text is still there
  );
  return {
    setReadOnly: (now) => view.dispatch({ effects: editable.reconfigure(editing(!now)) }),
    setWrittenAs: (as) => view.dispatch({ effects: setWrittenAs.of(as) }),
    focus: () => view.focus(),
    cursor: () => view.state.selection.main.head,
    close: () => {
      open = false;
      dark.removeEventListener("change", follow);
      view.destroy();
    },
  };
}

function basics(): Extension {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightSpecialChars(),
    foldGutter(),
    drawSelection(),
    dropCursor(),
    EditorState.allowMultipleSelections.of(true),
    indentOnInput(),
    bracketMatching(),
    rectangularSelection(),
    crosshairCursor(),
    highlightActiveLine(),
    highlightSelectionMatches(),
  ];
}

const editing = (allowed: boolean): Extension => [EditorState.readOnly.of(!allowed), EditorView.editable.of(true)];

/** The frame's colours are in the page's style sheet; these are the text's. */
const colours = (dark: boolean): Extension => [
  EditorView.theme({}, { dark }),
  syntaxHighlighting(dark ? oneDarkHighlightStyle : lightStyle, { fallback: true }),
];
