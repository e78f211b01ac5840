// Where our mistakes end: a request that meets one is answered with an error and logged, and the server goes on.

import {
  type CancellationToken,
  ErrorCodes,
  LSPErrorCodes,
  type RemoteConsole,
  ResponseError,
} from "vscode-languageserver";

export class Guard {
  private readonly log: Pick<RemoteConsole, "error" | "warn">;
  private state: "new" | "running" | "shut down" = "new";

  constructor(log: Pick<RemoteConsole, "error" | "warn">) {
    this.log = log;
  }

  initialize(): void {
    if (this.state !== "new") throw new ResponseError(ErrorCodes.InvalidRequest, "the server is initialized already");
    this.state = "running";
  }

  shutDown(): void {
    this.demandRunning();
    this.state = "shut down";
  }

  // The handler of a request, made safe.
  request<P, R>(
    name: string,
    answer: (params: P, token: CancellationToken) => R | Promise<R>,
  ): (params: P, token: CancellationToken) => Promise<R> {
    return async (params, token) => {
      this.demandRunning();
      // Parameters by position, as JSON-RPC allows and LSP never uses, arrive one by one with the token behind them.
      if (typeof token?.isCancellationRequested !== "boolean") {
        throw new ResponseError(ErrorCodes.InvalidParams, "parameters go by name");
      }
      if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
      try {
        return await answer(params, token);
      } catch (error) {
        if (error instanceof ResponseError) throw error;
        this.log.error(`${name}: ${story(error)}`);
        throw new ResponseError(ErrorCodes.InternalError, `${name}: ${messageOf(error)}`);
      }
    };
  }

  // The handler of a notification, which has no answer: what went wrong is logged.
  notification<P>(name: string, handle: (params: P) => void | Promise<void>): (params: P) => Promise<void> {
    return async (params) => {
      if (this.state !== "running") return;
      try {
        await handle(params);
      } catch (error) {
        if (error instanceof ResponseError) this.log.warn(`${name}: ${error.message}`);
        else this.log.error(`${name}: ${story(error)}`);
      }
    };
  }

  private demandRunning(): void {
    if (this.state === "new") throw new ResponseError(ErrorCodes.ServerNotInitialized, "the server is not initialized");
    if (this.state === "shut down") throw new ResponseError(ErrorCodes.InvalidRequest, "the server is shut down");
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function story(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
