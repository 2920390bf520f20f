// A table of rows that lead somewhere: sortable by the columns that say how, and one link for each row.

import type { ComponentChildren, VNode } from 'preact';
import { h, html } from '../html.ts';
import { Icon } from './icon.ts';
import { TableFrame } from './table-frame.ts';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the right, their digits below each other. */
  readonly isNumber?: boolean;
  /** Left out where a screen is narrow. */
  readonly isExtra?: boolean;
  /** What rows are sorted by, ascending; null comes last either way. Without it the column cannot be sorted by. */
  readonly sortBy?: (row: Row) => number | string | null;
}

export interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

interface TableProps<Row> {
  /** What the table shows, for who does not see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  /** The address that a row leads to; the first cell is its link. */
  readonly hrefOf?: (row: Row) => string;
  readonly sorting?: Sorting;
  readonly onSort?: (sorting: Sorting) => void;
  /** Below the rows: a total. */
  readonly foot?: ComponentChildren;
}

/** Rows in the order that a sorting asks for; where two are equal, in the order they came. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { column, descending }: Sorting,
): readonly Row[] {
  const sortBy = columns.find(({ id }) => id === column)?.sortBy;
  if (!sortBy) return rows;
  const sign = descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [sortBy(one), sortBy(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    if (typeof a === 'string' && typeof b === 'string') return sign * a.localeCompare(b);
    return sign * (Number(a) - Number(b));
  });
}

export function Table<Row>(props: TableProps<Row>): VNode {
  const { caption, columns, rows, keyOf, hrefOf, sorting, onSort, foot } = props;
  const classOf = ({ isNumber, isExtra }: Column<Row>) =>
    [isNumber && 'number', isExtra && 'extra'].filter(Boolean).join(' ');

  const header = (column: Column<Row>) => {
    const { id, title, sortBy } = column;
    if (!sortBy || !onSort) return html`<th key=${id} scope="col" class=${classOf(column)}>${title}</th>`;
    const isBy = sorting?.column === id;
    const descending = isBy && sorting.descending;
    // Numbers are most interesting from the top, words from the beginning.
    const next = { column: id, descending: isBy ? !descending : false };
    return html`
      <th key=${id} scope="col" class=${classOf(column)} aria-sort=${isBy ? (descending ? 'descending' : 'ascending') : 'none'}>
        <button type="button" class="sort-button" onClick=${() => onSort(next)}>
          ${title}${isBy && h(Icon, { name: descending ? 'down' : 'up' })}
        </button>
      </th>
    `;
  };

  const cell = (row: Row, column: Column<Row>, index: number) => {
    const content = column.cell(row);
    if (index > 0 || !hrefOf) return html`<td key=${column.id} class=${classOf(column)}>${content}</td>`;
    return html`<td key=${column.id} class=${classOf(column)}><a class="row-link" href=${hrefOf(row)}>${content}</a></td>`;
  };

  return html`
    <${TableFrame} label=${caption}>
      <table class="table">
        <caption class="visually-hidden">${caption}</caption>
        <thead><tr>${columns.map(header)}</tr></thead>
        <tbody>
          ${rows.map(
            (row) => html`
              <tr key=${keyOf(row)} class=${hrefOf ? 'linked' : ''}>
                ${columns.map((column, index) => cell(row, column, index))}
              </tr>
            `,
          )}
        </tbody>
        ${foot && html`<tfoot>${foot}</tfoot>`}
      </table>
    <//>
  `;
}
