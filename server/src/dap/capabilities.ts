// What this adapter says it can do. A test holds each line against what it does.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { exceptionFilters } from "./exceptions.ts";

export function capabilities(): P.Capabilities {
  return {
    supportsConfigurationDoneRequest: true,
    supportsTerminateRequest: true,
    supportsRestartRequest: true,
    supportsCancelRequest: true,
    supportsStepBack: true,
    supportsSteppingGranularity: true,
    supportsSingleThreadExecutionRequests: true,
    supportsRestartFrame: true,
    supportsGotoTargetsRequest: true,
    supportsBreakpointLocationsRequest: true,
    supportsConditionalBreakpoints: true,
    supportsHitConditionalBreakpoints: true,
    supportsLogPoints: true,
    supportsFunctionBreakpoints: true,
    supportsDataBreakpoints: true,
    supportsDataBreakpointBytes: true,
    supportsExceptionFilterOptions: true,
    supportsExceptionInfoRequest: true,
    exceptionBreakpointFilters: exceptionFilters(),
    supportsDelayedStackTraceLoading: true,
    supportsLoadedSourcesRequest: true,
    supportsEvaluateForHovers: true,
    supportsClipboardContext: true,
    supportsCompletionsRequest: true,
    completionTriggerCharacters: ["."],
    supportsValueFormattingOptions: true,
    supportsSetVariable: true,
    supportsSetExpression: true,
    supportsReadMemoryRequest: true,
  };
}
