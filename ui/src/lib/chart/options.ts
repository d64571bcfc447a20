// How a chart looks: colours from the tokens of the theme, quiet axes, a drag that zooms.
import uPlot from 'uplot';
import * as format from '$lib/format';
import { words } from '$lib/words';
import type { Axis } from '$lib/state/run-history';
import * as times from '$lib/times';
import type { Range } from './points';

export type Curve = 'loss' | 'rate' | 'gradient' | 'speed';

export interface ChartEvents {
  /** The user dragged over a range, or double-clicked to see everything. */
  onzoom(range: Range | null): void;
  /** The pointer is at this place on the axis, or nowhere. */
  onpoint(place: number | null): void;
}

/** What the curve is drawn over, and whether its scale is logarithmic. */
export interface ChartScales {
  axis: Axis;
  log: boolean;
}

export function chartOptions(which: Curve, box: HTMLElement, { axis: over, log }: ChartScales, events: ChartEvents): uPlot.Options {
  const style = getComputedStyle(box);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const font = `12px ${color('font')}`;
  const axis: uPlot.Axis = { stroke: color('ink-3'), font, ticks: { show: false }, grid: { stroke: color('chart-grid'), width: 1 } };
  return {
    width: box.clientWidth || 600,
    height: box.clientHeight || 300,
    legend: { show: false },
    padding: [12, 16, 0, 0],
    scales: { x: { time: false, auto: false }, y: log ? { distr: 3 } : { range: comfortable } },
    axes: [
      { ...axis, size: 30, grid: { show: false }, values: (_, places) => places.map((place) => label(over, place)) },
      { ...axis, size: which === 'rate' ? 56 : 46, values: (_, values) => values.map((value) => (value === null ? '' : which === 'rate' ? format.rate(value) : which === 'speed' ? format.count(value) : trim(value))) },
    ],
    series: [{}, ...(which === 'loss' ? lossSeries(color) : [{ stroke: color(`chart-${which}`), width: which === 'rate' ? 2 : 1.25, points: { show: false } }])],
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } },
    hooks: {
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return;
          events.onzoom({ from: plot.posToVal(plot.select.left, 'x'), to: plot.posToVal(plot.select.left + plot.select.width, 'x') });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [
        (plot) => {
          const left = plot.cursor.left ?? -1;
          events.onpoint(left < 0 ? null : plot.posToVal(left, 'x'));
        },
      ],
      ready: [(plot) => plot.over.addEventListener('dblclick', () => events.onzoom(null))],
    },
  };
}

function lossSeries(color: (name: string) => string): uPlot.Series[] {
  const w = words.run.chart;
  const validation = color('chart-validation');
  return [
    { label: w.train, stroke: color('chart-train'), width: 1, points: { show: false }, spanGaps: true },
    { label: w.smooth, stroke: color('chart-smooth'), width: 2.25, points: { show: false }, spanGaps: true },
    { label: w.validation, stroke: validation, width: 2, spanGaps: true, points: { show: true, size: 6, fill: validation, stroke: validation } },
  ];
}

/** The values with a little air; a loss never goes below zero, nor does the axis. */
function comfortable(_: uPlot, least: number | null, greatest: number | null): [number, number] {
  if (least === null || greatest === null) return [0, 1];
  const air = (greatest - least || Math.abs(greatest) || 1) * 0.08;
  return [Math.max(0, least - air), greatest + air];
}

function label(axis: Axis, place: number): string {
  if (axis === 'time') return times.duration(place);
  return Number.isInteger(place) ? format.count(place) : '';
}

const trim = (value: number): string => String(Number(value.toPrecision(4)));
