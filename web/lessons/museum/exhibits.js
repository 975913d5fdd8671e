// The exhibits: each runs as it did, in what a browser of today still has for it, until the signal aborts.

import { htmlfile } from "./htmlfile.js";
import { iframe } from "./iframe.js";
import { jsonp } from "./jsonp.js";
import { replace } from "./replace.js";

/** @import { Visit } from "./visit.js" */
/**
 * What an exhibit may use: `heard` is told each batch, `shown` the bytes where nothing else can be had.
 * @typedef {{place: HTMLElement, visit: Visit, name: string, heard: (batch: any) => void, shown: (text: string) => void, signal: AbortSignal}} Room
 */

export const EXHIBITS = { iframe, jsonp, replace, htmlfile };
