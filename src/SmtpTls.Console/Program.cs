using SmtpTls.Cli;

return await SmtpTlsProgram.RunAsync(args).ConfigureAwait(false);
