using System.Text;
using SmtpTls.Cli.Options;

namespace SmtpTls.Cli.Input;

/// <summary>The message that send is to send: composed from options, or a finished one from a file or standard input.</summary>
internal sealed record MessageInput
{
    /// <summary>Stands for standard input.</summary>
    public const string StandardInput = "-";

    // A text is composed in memory; what is longer than servers take (50 MiB with encoding) is no body.
    private const int LongestBody = 50 * 1024 * 1024;

    public string? From { get; init; }

    public IReadOnlyList<string> To { get; init; } = [];

    public IReadOnlyList<string> Cc { get; init; } = [];

    public IReadOnlyList<string> Bcc { get; init; } = [];

    public string? Subject { get; init; }

    public string? Body { get; init; }

    public string? BodyFile { get; init; }

    public string? Eml { get; init; }

    /// <summary>The message, ready to be sent.</summary>
    /// <exception cref="SmtpException">An address, a text or a file cannot be used.</exception>
    public async Task<OutgoingMessage> OpenAsync(CancellationToken cancellationToken)
    {
        if (Eml is null)
        {
            return await ComposeAsync(cancellationToken).ConfigureAwait(false);
        }

        IReadOnlyList<string>? recipients = To.Count + Cc.Count + Bcc.Count == 0 ? null : [.. To, .. Cc, .. Bcc];
        if (Eml != StandardInput)
        {
            RefuseFolder("--eml", Eml);
            return await OutgoingMessage.FromFileAsync(Eml, From, recipients, cancellationToken).ConfigureAwait(false);
        }

        var input = System.Console.OpenStandardInput();
        await using (input.ConfigureAwait(false))
        {
            return await OutgoingMessage.FromStreamAsync(input, From, recipients, cancellationToken).ConfigureAwait(false);
        }
    }

    // The system would say that access is denied.
    private static void RefuseFolder(string option, string path)
    {
        if (path != StandardInput && Directory.Exists(path))
        {
            throw UsageErrors.Refuse($"{option}: '{path}' is a folder.", "Give the path of the file in it.");
        }
    }

    private async Task<OutgoingMessage> ComposeAsync(CancellationToken cancellationToken)
    {
        var content = new MailContent
        {
            From = From ?? throw UsageErrors.Refuse("--from is missing.", "Give the sender's address; only with --eml it may come from the message's header."),
            To = To,
            Cc = Cc,
            Subject = Subject ?? "",
            TextBody = await ReadBodyAsync(cancellationToken).ConfigureAwait(false),
        };
        return OutgoingMessage.Compose(content, Bcc);
    }

    private async Task<string> ReadBodyAsync(CancellationToken cancellationToken)
    {
        if (Body is not null && Body != StandardInput)
        {
            return Body;
        }

        var source = BodyFile ?? Body;
        if (source is null)
        {
            return "";
        }

        RefuseFolder("--body-file", source);
        try
        {
            var stream = source == StandardInput
                ? System.Console.OpenStandardInput()
                : new FileStream(source, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
            await using (stream.ConfigureAwait(false))
            {
                return await ReadTextAsync(stream, source, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw UsageErrors.Refuse($"The body cannot be read from '{source}': {e.Message}", "Check the path, and that this account may read the file.", e);
        }
    }

    private static async Task<string> ReadTextAsync(Stream stream, string source, CancellationToken cancellationToken)
    {
        // UTF-16 is recognised by its mark, as editors on Windows write it; anything else has to be UTF-8.
        using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true);
        var text = new StringBuilder();
        var buffer = new char[32 * 1024];
        try
        {
            for (int read; (read = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                text.Append(buffer, 0, read);
                if (text.Length > LongestBody)
                {
                    throw UsageErrors.Refuse($"The body from '{source}' is longer than 50 MiB.", "No server takes it; send a link.");
                }
            }
        }
        catch (DecoderFallbackException e)
        {
            throw UsageErrors.Refuse($"The body from '{source}' is not UTF-8.", "Convert it, or send a finished message with --eml.", e);
        }

        return text.ToString();
    }
}
