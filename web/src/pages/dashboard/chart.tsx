/* A chart in the colours of the page, as wide as it may be. What it shows is told in words beside it, for those who do not see it. */
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { language } from '../../texts';

export interface Series { label: string; color: string /* a CSS variable's name */; values: (number | null)[]; points?: boolean; fill?: boolean }
interface Props { label: string; at: number[] /* seconds since 1970 */; series: Series[]; height?: number; unit?: (value: number) => string; bars?: boolean }

const HALF_DAY = 43200;
const color = (name: string, of: Element) => getComputedStyle(of).getPropertyValue(name).trim() || 'gray';

/* light-dark() is no colour for a canvas: the browser computes it for an element. */
function resolved(name: string, of: HTMLElement): string {
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    of.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found || color(name, of);
}

function options(box: HTMLElement, { at, series, height = 200, unit, bars }: Props): uPlot.Options {
    const line = resolved('--line', box), soft = resolved('--ink-soft', box), locale = language.value === 'de' ? 'de' : 'en-GB';
    const axis = { stroke: soft, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }), clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
    return {
        width: Math.max(200, box.clientWidth), height, cursor: { show: false }, legend: { show: false }, scales: { x: { time: true, ...(bars ? { range: [at[0]! - HALF_DAY, at[at.length - 1]! + HALF_DAY] as [number, number] } : {}) }, y: { range: (_u, _low, high) => [0, Math.max(high * 1.1, 1)] } },
        axes: [{ ...axis, size: 30, grid: { show: false }, values: (_u, at, _i, _space, step) => at.map((s) => (step < 86400 ? clock : day).format(new Date(s * 1000))) }, { ...axis, size: 74, values: (_u, at) => at.map((v) => (unit ? unit(v) : String(v))) }],
        series: [{}, ...series.map((one) => {
            const stroke = resolved(one.color, box);
            return { label: one.label, stroke, width: one.points ? 0 : 2, spanGaps: true, fill: bars || one.fill ? `color-mix(in srgb, ${stroke} ${bars ? 85 : 14}%, transparent)` : undefined,
                points: { show: !!one.points || one.values.filter((v) => v !== null).length < 2, size: 7, fill: stroke }, ...(bars ? { paths: uPlot.paths.bars!({ size: [0.6, 40] }) } : {}) };
        })],
    };
}

export function Chart(props: Props) {
    const box = useRef<HTMLDivElement>(null);
    useEffect(() => {
        const element = box.current!;
        let plot = new uPlot(options(element, props), [props.at, ...props.series.map((s) => s.values)], element);
        const again = () => { plot.destroy(); plot = new uPlot(options(element, props), [props.at, ...props.series.map((s) => s.values)], element); };
        const size = new ResizeObserver(() => { if (Math.abs(plot.width - element.clientWidth) > 1) plot.setSize({ width: Math.max(200, element.clientWidth), height: props.height ?? 200 }); });
        const scheme = matchMedia('(prefers-color-scheme: dark)'), theme = new MutationObserver(again);
        size.observe(element);
        scheme.addEventListener('change', again);
        theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
        return () => { size.disconnect(); theme.disconnect(); scheme.removeEventListener('change', again); plot.destroy(); };
    }, [props.at, props.series]);
    return <div class="chart" ref={box} role="img" aria-label={props.label} />;
}
