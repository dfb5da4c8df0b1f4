import { render } from 'preact';
import { loadWho, signedIn } from './api';
import { startLive } from './live';
import { startProjects } from './projects';
import { startRouter } from './router';
import { Shell, fetchPage } from './shell';

startRouter();
if (signedIn.value) fetchPage();
render(<Shell />, document.getElementById('page')!);

/* The frame is drawn first; what only fills it is asked for then. A page in a hidden tab is not drawn, and does not wait for that. */
function afterFirstPaint(run: () => void): void {
    if (document.hidden) setTimeout(run); else requestAnimationFrame(() => setTimeout(run));
}

afterFirstPaint(() => {
    if (signedIn.value) loadWho().catch(() => undefined); /* what went wrong is told by the page that asks next */
    startLive();
    startProjects();
});
