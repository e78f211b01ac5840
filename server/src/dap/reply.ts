// How a request is answered: a body for each request of the protocol that this adapter knows, or an error.

import type { DebugProtocol as P } from "@vscode/debugprotocol";

// Stable numbers, so that a client can tell errors apart.
const ERROR_IDS = {
  "bad-arguments": 1001,
  "bad-state": 1002,
  "unknown-request": 1003,
  "stale-reference": 1004,
  "bad-expression": 1005,
  "not-here": 1006,
  "bad-program": 1007,
  "no-program": 1008,
  unauthorized: 1009,
  cancelled: 1010,
  internal: 1011,
} as const;
export type ErrorCode = keyof typeof ERROR_IDS;

// The person should see the message of these in a dialog; the others are for the client.
const SHOWN: readonly ErrorCode[] = ["bad-program", "no-program", "unauthorized", "internal"];

// Thrown by a handler, answered as an error: the request cannot be done as it was asked.
export class RequestError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  get body(): P.ErrorResponse["body"] {
    return {
      error: {
        id: ERROR_IDS[this.code],
        format: "{message}",
        variables: { message: this.message },
        showUser: SHOWN.includes(this.code),
      },
    };
  }
}

// `afterwards` runs when the response has been sent: a step's `stopped` comes after the step's answer.
export interface Reply<Body> {
  readonly body: Body;
  readonly afterwards?: () => void;
}

type BodyOf<Response extends P.Response> = Response["body"];

// Each request, and what its response's body is. A request that is not here is answered as unknown.
export interface Bodies {
  initialize: P.Capabilities;
  launch: undefined;
  configurationDone: undefined;
  restart: undefined;
  terminate: undefined;
  disconnect: undefined;
  breakpointLocations: BodyOf<P.BreakpointLocationsResponse>;
  setBreakpoints: BodyOf<P.SetBreakpointsResponse>;
  setFunctionBreakpoints: BodyOf<P.SetFunctionBreakpointsResponse>;
  setExceptionBreakpoints: BodyOf<P.SetExceptionBreakpointsResponse>;
  dataBreakpointInfo: BodyOf<P.DataBreakpointInfoResponse>;
  setDataBreakpoints: BodyOf<P.SetDataBreakpointsResponse>;
  continue: BodyOf<P.ContinueResponse>;
  reverseContinue: undefined;
  next: undefined;
  stepIn: undefined;
  stepOut: undefined;
  stepBack: undefined;
  reverseStepIn: undefined;
  reverseNext: undefined;
  reverseStepOut: undefined;
  restartFrame: undefined;
  goto: undefined;
  gotoTargets: BodyOf<P.GotoTargetsResponse>;
  pause: undefined;
  threads: BodyOf<P.ThreadsResponse>;
  stackTrace: BodyOf<P.StackTraceResponse>;
  scopes: BodyOf<P.ScopesResponse>;
  variables: BodyOf<P.VariablesResponse>;
  setVariable: BodyOf<P.SetVariableResponse>;
  setExpression: BodyOf<P.SetExpressionResponse>;
  source: BodyOf<P.SourceResponse>;
  loadedSources: BodyOf<P.LoadedSourcesResponse>;
  evaluate: BodyOf<P.EvaluateResponse>;
  completions: BodyOf<P.CompletionsResponse>;
  exceptionInfo: BodyOf<P.ExceptionInfoResponse>;
  readMemory: BodyOf<P.ReadMemoryResponse>;
}
export type Command = keyof Bodies;
