/** The style sheets of the app, in the order in which they apply. */

import "./styles/base.css";
import "./styles/frame.css";
import "./styles/states.css";
import "./styles/projects.css";
import "./styles/project.css";
import "./styles/start.css";
import "./styles/files.css";
import "./styles/editor.css";
import "./styles/terminal.css";
import "./styles/lists.css";
import "./styles/licenses.css";
