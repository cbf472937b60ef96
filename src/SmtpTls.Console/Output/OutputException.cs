namespace SmtpTls.Cli.Output;

/// <summary>Standard output takes no more: its disk is full, or nobody reads it any longer.</summary>
internal sealed class OutputException(Exception cause) : IOException($"Standard output cannot be written to: {cause.Message.TrimEnd('.')}.", cause);
