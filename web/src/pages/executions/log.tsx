/* What a task wrote: it follows while the task goes on, as long as one stands at its end; searched, wrapped, and saved as a file. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { P, call } from '../../api';
import { Text, useAction, Trouble } from '../../parts';
import { t } from '../../texts';

const MOST = 400_000; /* characters that are kept on the screen: the newest. The file has all of it */
const WAIT = 20; /* seconds that the server may wait for the next line of a task that goes on */
const AGAIN = 2000; /* ms until it is asked again when it did not answer */

interface Piece { logs: string; next: number }
const pieceOf = (run: string, task: number, after: number, wait: number, signal?: AbortSignal) => call<Piece>('GET', `${P}/executions/${run}/logs?task=${task}&after=${after}&wait=${wait}`, undefined, signal);

/* Reads to the end; tells each piece, and where it ends. */
async function readOn(run: string, task: number, after: number, tell: (text: string, next: number) => void, wait = 0, signal?: AbortSignal): Promise<void> {
    for (let at = after; ;) {
        const piece = await pieceOf(run, task, at, wait, signal);
        if (piece.logs) tell(piece.logs, piece.next);
        if (!piece.logs || piece.next <= at) return;
        at = piece.next;
    }
}

function useLog(run: string, task: number, going: boolean): { text: string; cut: boolean } {
    const [log, set] = useState({ text: '', cut: false });
    const at = useRef(0);
    useEffect(() => {
        const stop = new AbortController();
        let timer = 0;
        const add = (piece: string, next: number) => { if (stop.signal.aborted) return; at.current = next; set((old) => ({ text: (old.text + piece).slice(-MOST), cut: old.cut || old.text.length + piece.length > MOST })); };
        const read = async () => {
            const asked = Date.now();
            try { await readOn(run, task, at.current, add, going ? WAIT : 0, stop.signal); } catch { /* the next look tells it again */ }
            if (going && !stop.signal.aborted) timer = window.setTimeout(() => void read(), Date.now() - asked < AGAIN ? AGAIN : 0);
        };
        void read();
        return () => { stop.abort(); clearTimeout(timer); };
    }, [run, task, going]);
    return log;
}

function save(name: string, text: string): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
}

/* The text in pieces, between and at what was searched for. */
function found(text: string, search: string): { at: number; length: number }[] {
    if (!search) return [];
    const all: { at: number; length: number }[] = [], low = text.toLowerCase(), wanted = search.toLowerCase();
    for (let at = low.indexOf(wanted); at >= 0 && all.length < 1000; at = low.indexOf(wanted, at + wanted.length)) all.push({ at, length: search.length });
    return all;
}

function Marked({ text, hits, current }: { text: string; hits: { at: number; length: number }[]; current: number }) {
    if (!hits.length) return <>{text}</>;
    let end = 0;
    return (
        <>{hits.map(({ at, length }, i) => {
            const before = text.slice(end, at);
            end = at + length;
            return <>{before}<mark key={at} class={i === current ? 'current' : ''}>{text.slice(at, end)}</mark></>;
        })}{text.slice(end)}</>
    );
}

export function Log({ run, task, going, name }: { run: string; task: number; going: boolean; name: string }) {
    const { text, cut } = useLog(run, task, going);
    const [search, setSearch] = useState(''), [current, setCurrent] = useState(0), [wrap, setWrap] = useState(true);
    const { busy, problem, run: act } = useAction();
    const box = useRef<HTMLPreElement>(null), bottom = useRef(true);
    const hits = useMemo(() => found(text, search), [text, search]);
    const step = (by: number) => setCurrent((i) => (hits.length ? (i + by + hits.length) % hits.length : 0));
    useEffect(() => { if (bottom.current && !search && box.current) box.current.scrollTop = box.current.scrollHeight; }, [text]);
    useEffect(() => { box.current?.querySelector('mark.current')?.scrollIntoView({ block: 'nearest' }); }, [current, search]);
    const download = () => act(async () => {
        const pieces: string[] = [];
        await readOn(run, task, 0, (piece) => pieces.push(piece));
        save(name, pieces.join(''));
    });
    if (!text) return <p class="faint">{t(going ? 'noLogYet' : 'noLog')}</p>;
    return (
        <div class="stack-small">
            <div class="filters" role="search">
                <Text type="search" aria-label={t('searchLog')} placeholder={t('searchLog')} value={search} set={(v) => { setSearch(v); setCurrent(0); }}
                    onKeyDown={(e) => { if (e.key === 'Enter') { e.preventDefault(); step(e.shiftKey ? -1 : 1); } }} />
                {search && <><span class="faint" aria-live="polite">{hits.length ? `${current + 1} / ${hits.length}${hits.length === 1000 ? '+' : ''}` : t('noHit')}</span>
                    <button type="button" class="plain" disabled={!hits.length} aria-label={t('previousHit')} title={t('previousHit')} onClick={() => step(-1)}>↑</button>
                    <button type="button" class="plain" disabled={!hits.length} aria-label={t('nextHit')} title={t('nextHit')} onClick={() => step(1)}>↓</button></>}
                <label class="check"><input type="checkbox" checked={wrap} onChange={(e) => setWrap(e.currentTarget.checked)} /><span>{t('wrap')}</span></label>
                <button type="button" class="plain" disabled={busy} onClick={download}>{t('download')}</button>
            </div>
            <Trouble problem={problem} />
            {cut && <p class="faint"><small>{t('logCut')}</small></p>}
            <pre ref={box} class={wrap ? 'log' : 'log long'} tabIndex={0} role="log" aria-live="off" aria-label={t('log')} onScroll={(e) => { const b = e.currentTarget; bottom.current = b.scrollHeight - b.scrollTop - b.clientHeight < 40; }}>
                <Marked text={text} hits={hits} current={current} /></pre>
        </div>
    );
}
