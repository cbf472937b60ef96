using System.Buffers.Binary;
using System.Text;

namespace SmtpTls.Dns;

/// <summary>A question to a name server, and how to know its answer.</summary>
/// <param name="Id">What the answer has to repeat; from a source that nobody can guess (RFC 5452 §9.2).</param>
/// <param name="Question">What is asked.</param>
internal sealed record DnsQuery(ushort Id, DnsQuestion Question)
{
    private const ushort RecursionDesired = 0x0100;
    private const ushort Internet = 1;
    private const int HeaderLength = 12;
    private const int QuestionTail = 4;
    private const int EdnsLength = 11;

    /// <summary>The message as it goes over UDP.</summary>
    /// <param name="ednsPayload">The longest answer that can be taken over UDP; null: without EDNS, for servers that do not know it.</param>
    public byte[] ToBytes(int? ednsPayload)
    {
        var name = Question.Name;
        var bytes = new byte[HeaderLength + name.Length + 2 + QuestionTail + (ednsPayload is null ? 0 : EdnsLength)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, Id);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), RecursionDesired);
        bytes[5] = 1;
        var at = HeaderLength;
        foreach (var label in name.Split('.'))
        {
            bytes[at] = (byte)label.Length;
            at += 1 + Encoding.ASCII.GetBytes(label, bytes.AsSpan(at + 1));
        }

        at++;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)Question.Type);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at + 2), Internet);
        if (ednsPayload is { } payload)
        {
            // RFC 6891 §6.1.2: the root, type OPT, the payload in place of the class, and no flags, no options.
            bytes[11] = 1;
            at += QuestionTail + 1;
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)DnsRecordType.Opt);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at + 2), (ushort)payload);
        }

        return bytes;
    }

    /// <summary>
    /// True where a message answers this query: the same id, and the question repeated (RFC 5452 §9.1). A server that could not
    /// even read the question may leave it out, and then its answer is a refusal anyhow.
    /// </summary>
    public bool IsAnsweredBy(DnsMessage message) => message.IsResponse && message.Opcode == 0 && message.Id == Id
        && (message.Question is null ? message.ResponseCode != DnsResponseCode.NoError && message.ResponseCode != DnsResponseCode.NxDomain : message.Question == Question);
}
