using System.Diagnostics.CodeAnalysis;
using System.Text;
using SmtpTls.Protocol;

namespace SmtpTls.Mail;

/// <summary>
/// Goes once through a list of mailboxes (RFC 5322 §3.4, with the obsolete forms of §4.4 that mail still carries). A
/// display name is taken generously (dots, an at sign, any script); the address never is: <see cref="MailPath"/> decides.
/// </summary>
/// <param name="text">The list.</param>
/// <param name="typed">True for what a person typed: no groups, no encoded words.</param>
internal sealed class MailboxReader(string text, bool typed)
{
    // Deeper nesting of comments than this is no mail, but an attempt on the reader.
    private const int MaximumCommentDepth = 32;

    private readonly List<Mailbox> _mailboxes = [];
    private readonly StringBuilder _name = new();
    private readonly StringBuilder _bare = new();
    private string _comment = "";
    private string? _address;
    private int _position;

    internal bool TryReadAll([NotNullWhen(true)] out IReadOnlyList<Mailbox>? mailboxes, out string error)
    {
        mailboxes = null;
        error = "";
        while (_position < text.Length && error.Length == 0)
        {
            error = ReadElement(text[_position++]);
        }

        if (error.Length == 0)
        {
            error = EndMailbox();
        }

        if (error.Length > 0)
        {
            return false;
        }

        mailboxes = _mailboxes;
        return true;
    }

    private string ReadElement(char first)
    {
        switch (first)
        {
            case '"':
                return ReadQuoted();
            case '(':
                return ReadComment();
            case '<':
                return ReadAngle();
            case '>':
                return "a '>' stands without its '<'";
            case '[':
                return ReadLiteral();
            case ',':
                return EndMailbox();
            case ';' when !typed:
                return EndMailbox();
            case ':' when !typed && _address is null:
                // The name of a group: its members follow, it names none itself.
                Clear();
                return "";
            default:
                _name.Append(first);
                _bare.Append(first);
                return "";
        }
    }

    private string ReadQuoted()
    {
        var start = _position - 1;
        while (_position < text.Length)
        {
            var character = text[_position++];
            if (character == '"')
            {
                _bare.Append(text, start, _position - start);
                return "";
            }

            if (character == '\\' && _position < text.Length)
            {
                character = text[_position++];
            }

            _name.Append(character);
        }

        return "a quotation mark is not closed";
    }

    private string ReadComment()
    {
        var comment = new StringBuilder();
        for (var depth = 1; _position < text.Length;)
        {
            var character = text[_position++];
            depth += character switch
            {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if (depth == 0)
            {
                _comment = comment.ToString().Trim();
                return "";
            }

            if (depth > MaximumCommentDepth)
            {
                return "its comments are nested too deeply";
            }

            if (character == '\\' && _position < text.Length)
            {
                character = text[_position++];
            }

            comment.Append(character);
        }

        return "a parenthesis is not closed";
    }

    private string ReadAngle()
    {
        if (_address is not null)
        {
            return "it holds more than one address; separate addresses with a comma";
        }

        var start = _position;
        for (var quoted = false; _position < text.Length; _position++)
        {
            var character = text[_position];
            if (character == '>' && !quoted)
            {
                _address = text[start.._position++].Trim();
                _bare.Clear();
                return "";
            }

            if (character == '\\')
            {
                _position++;
            }
            else if (character == '"')
            {
                quoted = !quoted;
            }
        }

        return "its '<' is not closed by a '>'";
    }

    // An address literal, a@[IPv6:::1]: its colons begin no group.
    private string ReadLiteral()
    {
        var start = _position - 1;
        var end = text.IndexOf(']', start);
        if (end < 0)
        {
            return "a '[' is not closed";
        }

        _position = end + 1;
        _name.Append(text, start, _position - start);
        _bare.Append(text, start, _position - start);
        return "";
    }

    private string EndMailbox()
    {
        var bare = _bare.ToString().Trim();
        if (_address is null && bare.Length == 0)
        {
            // Nothing between two commas, or an empty group: allowed by RFC 5322 §4.4.
            Clear();
            return "";
        }

        if (_address is not null && bare.Length > 0)
        {
            return $"text follows the address: {MailInput.Quote(bare)}";
        }

        var address = _address ?? bare;
        if (address.Length == 0)
        {
            return "there is no address between '<' and '>'";
        }

        if (!MailPath.TryParse(address, out var path, out var error))
        {
            return $"{MailInput.Quote(address)} is no address: {error}";
        }

        if (path.Domain.Length == 0)
        {
            return $"{MailInput.Quote(address)} has no domain";
        }

        var name = _address is null ? _comment : _name.ToString().Trim();
        _mailboxes.Add(new Mailbox(typed ? name : HeaderText.Decode(name), path));
        Clear();
        return "";
    }

    private void Clear()
    {
        _name.Clear();
        _bare.Clear();
        _comment = "";
        _address = null;
    }
}
