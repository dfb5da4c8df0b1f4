/* What the patterns match, tried on the tags that the registry really has. */
import { useEffect, useState } from 'preact/hooks';
import { P, Problem, call } from '../../api';
import { t } from '../../texts';

interface Answer { repository: string; repositoryMatches: boolean; tags: { tag: string; matches: boolean }[]; matching: number; more: boolean }
interface Props { project: string; endpoint: string; image: string; tag: string }

const PAUSE = 400; /* ms without a key before the registry's tags are tried */
const SHOWN = 60;

function Tags({ answer }: { answer: Answer }) {
    const first = [...answer.tags].sort((a, b) => Number(b.matches) - Number(a.matches)).slice(0, SHOWN);
    return (
        <>
            <p>{answer.repositoryMatches ? t('patternResult', { n: answer.matching, all: `${answer.tags.length}${answer.more ? '+' : ''}`, repository: answer.repository }) : t('patternOther', { repository: answer.repository })}</p>
            <ul class="tried">{first.map((one) => <li key={one.tag} class={one.matches ? 'yes' : 'no'}><bdi>{one.tag}</bdi><span class="hidden">{t(one.matches ? 'matches' : 'matchesNot')}</span></li>)}
                {answer.tags.length > SHOWN && <li class="faint">+ {answer.tags.length - SHOWN}</li>}</ul>
        </>
    );
}

export function Patterns({ project, endpoint, image, tag }: Props) {
    const [answer, setAnswer] = useState<Answer | null>(null), [problem, setProblem] = useState<Problem | null>(null), [busy, setBusy] = useState(false);
    useEffect(() => {
        const stop = new AbortController();
        setProblem(null);
        if (!endpoint) { setAnswer(null); return; }
        const timer = setTimeout(() => {
            setBusy(true);
            call<Answer>('POST', `${P}/registry-patterns`, { project, endpoint, imageNameRegExPattern: image, tagNamePattern: tag }, stop.signal)
                .then(setAnswer, (error: unknown) => { setAnswer(null); setProblem(error instanceof Problem ? error : new Problem(0, String(error))); })
                .finally(() => { if (!stop.signal.aborted) setBusy(false); });
        }, PAUSE);
        return () => { clearTimeout(timer); stop.abort(); };
    }, [project, endpoint, image, tag]);
    if (!endpoint) return null;
    return (
        <div class="patterns" aria-live="polite" aria-busy={busy}>
            <h3>{t('patternTester')}</h3>
            {!answer && !problem && <p class="faint">{t('patternAsking')}</p>}
            {problem && <p class="faint">{problem.message}</p>}
            {answer && <Tags answer={answer} />}
        </div>
    );
}
