using System.Buffers;
using System.Net;
using System.Text;
using SmtpTls.Net;
using SmtpTls.Tests.Support;

namespace SmtpTls.Tests.Net;

public sealed class BufferTests
{
    [Fact]
    public void Output_grows_and_keeps_what_was_written()
    {
        using var output = new OutputBuffer();
        var expected = new StringBuilder();
        for (var i = 0; i < 5_000; i++)
        {
            output.Write(Encoding.ASCII.GetBytes($"{i} "));
            expected.Append(i).Append(' ');
        }

        Assert.Equal(expected.ToString(), Encoding.ASCII.GetString(output.Written.Span));
        output.Clear();
        Assert.True(output.IsEmpty);
        output.Dispose();
        output.Write("again"u8);
        Assert.Equal("again", Encoding.ASCII.GetString(output.Written.Span));
    }

    [Fact]
    public void Input_keeps_what_is_unread_through_every_change_of_size()
    {
        var random = new Random(1);
        using var input = new InputBuffer();
        var model = new List<byte>();
        for (var i = 0; i < 5_000; i++)
        {
            switch (random.Next(3))
            {
                case 0 when model.Count < 4_000:
                    var capacity = random.Next(model.Count + 1, 9_000);
                    var room = input.Room(capacity);
                    Assert.True(room.Length >= capacity - model.Count);
                    var count = random.Next(0, Math.Min(room.Length, 500));
                    random.NextBytes(room.Span[..count]);
                    model.AddRange(room.Span[..count]);
                    input.Received(count);
                    break;
                case 1:
                    var consumed = random.Next(0, model.Count + 1);
                    input.Consume(consumed);
                    model.RemoveRange(0, consumed);
                    break;
                default:
                    input.Shrink(random.Next(1, 4_000));
                    break;
            }

            Assert.Equal(model, input.Unread.ToArray());
            Assert.Equal(model.Count == 0, input.IsEmpty);
        }
    }

    [Fact]
    public void Connections_are_counted_in_all_and_by_client()
    {
        var counter = new ConnectionCounter(3, 2);
        var (a, b) = (IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"));
        Assert.True(counter.TryEnter(a));
        Assert.True(counter.TryEnter(a));
        Assert.False(counter.TryEnter(a));
        Assert.True(counter.TryEnter(b));
        Assert.False(counter.TryEnter(b));
        Assert.Equal(3, counter.Open);
        counter.Leave(a);
        Assert.True(counter.TryEnter(b));
        Assert.False(counter.TryEnter(a));
    }

    [Fact]
    public void A_deadline_is_noticed_at_the_next_sweep_and_the_first_reason_stays()
    {
        var clock = new FakeClock();
        using var sweeper = new DeadlineSweeper(clock);
        using var deadline = sweeper.Add();
        using var other = sweeper.Add();
        deadline.Set(TimeSpan.FromMinutes(5));
        other.Set(TimeSpan.FromMinutes(5));
        clock.Advance(TimeSpan.FromMinutes(4));
        other.Clear();
        Assert.Equal(Interruption.None, deadline.Interruption);
        clock.Advance(TimeSpan.FromMinutes(1) + DeadlineSweeper.Interval);
        Assert.Equal(Interruption.TimedOut, deadline.Interruption);
        Assert.True(deadline.Token.IsCancellationRequested);
        deadline.Interrupt(Interruption.Stopping);
        Assert.Equal(Interruption.TimedOut, deadline.Interruption);
        Assert.Equal(Interruption.None, other.Interruption);
    }
}
