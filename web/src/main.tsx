import { render } from 'preact';
import { loadWho, signedIn } from './api';
import { startLive } from './live';
import { startProjects } from './projects';
import { startRouter } from './router';
import { Shell, fetchPage } from './shell';

if (signedIn.value) fetchPage();
startRouter();
startLive();
startProjects();
if (signedIn.value) loadWho().catch(() => undefined); /* what went wrong is told by the page that asks next */
render(<Shell />, document.getElementById('page')!);
