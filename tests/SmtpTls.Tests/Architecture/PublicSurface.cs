using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SmtpTls.Tests.Architecture;

/// <summary>Writes the public surface of an assembly, one line a type and one a member, sorted; what the compiler adds to records is left out.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(char)] = "char",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    // A context caches what it reads and is not safe for several threads: one per call.
    public static IReadOnlyList<string> Of(Assembly assembly) =>
        [.. assembly.GetExportedTypes().SelectMany(type => Lines(type, new NullabilityInfoContext())).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Lines(Type type, NullabilityInfoContext nullability)
    {
        yield return $"{FullName(type)} : {Kind(type)}";
        if (type.IsEnum)
        {
            foreach (var name in Enum.GetNames(type))
            {
                var value = Convert.ToInt64(Enum.Parse(type, name), CultureInfo.InvariantCulture);
                yield return string.Create(CultureInfo.InvariantCulture, $"{FullName(type)}.{name} = {value}");
            }

            yield break;
        }

        var own = type.GetMembers(Declared).Where(member => !member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false));
        foreach (var member in own)
        {
            var line = member switch
            {
                ConstructorInfo constructor when Visible(constructor) && !IsCopy(constructor) => $"({Parameters(constructor, nullability)})",
                MethodInfo method when Visible(method) && !method.IsSpecialName && method.Name is not ("Deconstruct" or "PrintMembers") => Method(method, nullability),
                PropertyInfo property when property.GetAccessors(nonPublic: true).Any(Visible) => Property(property, nullability),
                FieldInfo field when Visible(field) => Field(field, nullability),
                EventInfo { AddMethod: { } add } @event when Visible(add) => $".{@event.Name} : event {Name(@event.EventHandlerType!, null)}",
                _ => null,
            };
            if (line is not null)
            {
                yield return FullName(type) + line;
            }
        }
    }

    private static bool Visible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool Visible(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    private static bool IsCopy(ConstructorInfo constructor) =>
        constructor.GetParameters() is [var only] && only.ParameterType == constructor.DeclaringType && !constructor.IsPublic;

    private static string Field(FieldInfo field, NullabilityInfoContext nullability)
    {
        var type = Name(field.FieldType, nullability.Create(field));
        return field.IsLiteral
            ? string.Create(CultureInfo.InvariantCulture, $".{field.Name} : const {type} = {field.GetRawConstantValue()}")
            : $".{field.Name} : {type}";
    }

    private static string Method(MethodInfo method, NullabilityInfoContext nullability)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
        return $".{method.Name}{generic}({Parameters(method, nullability)}) : {Modifier(method)}{Name(method.ReturnType, nullability.Create(method.ReturnParameter))}";
    }

    private static string Property(PropertyInfo property, NullabilityInfoContext nullability)
    {
        var set = property.SetMethod is { } setter && Visible(setter)
            ? setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? " init;" : " set;"
            : "";
        var required = property.IsDefined(typeof(RequiredMemberAttribute), inherit: false) ? "required " : "";
        var index = property.GetIndexParameters().Length > 0 ? $"[{string.Join(", ", property.GetIndexParameters().Select(parameter => Name(parameter.ParameterType, null)))}]" : "";
        var modifier = Modifier(property.GetAccessors(nonPublic: true)[0]);
        return $".{property.Name}{index} {{ {(property.GetMethod is { } getter && Visible(getter) ? "get;" : "")}{set} }} : {modifier}{required}{Name(property.PropertyType, nullability.Create(property))}";
    }

    private static string Modifier(MethodInfo method) => method switch
    {
        { IsStatic: true } => "static ",
        { IsAbstract: true, DeclaringType.IsInterface: false } => "abstract ",
        { IsVirtual: true, IsFinal: false, DeclaringType: { IsSealed: false, IsInterface: false } } => "virtual ",
        _ => "",
    };

    private static string Parameters(MethodBase method, NullabilityInfoContext nullability) =>
        string.Join(", ", method.GetParameters().Select(parameter => Parameter(parameter, nullability)));

    private static string Parameter(ParameterInfo parameter, NullabilityInfoContext nullability)
    {
        var direction = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? parameter.IsIn ? "in " : "ref " : "";
        var value = parameter.HasDefaultValue ? $" = {Convert.ToString(parameter.DefaultValue, CultureInfo.InvariantCulture) switch { null or "" => "default", var text => text }}" : "";
        return $"{direction}{Name(parameter.ParameterType, nullability.Create(parameter))} {parameter.Name}{value}";
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum)
        {
            return type.IsDefined(typeof(FlagsAttribute), inherit: false) ? "flags enum" : "enum";
        }

        var record = type.GetMethod("PrintMembers", Declared) is null ? "" : "record ";
        var shape = type switch
        {
            { IsInterface: true } => "interface",
            { IsValueType: true } => record + "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsSealed: true } => $"sealed {record}class",
            { IsAbstract: true } => $"abstract {record}class",
            _ => record + "class",
        };
        var above = type.GetInterfaces()
            .Except(type.BaseType?.GetInterfaces() ?? [])
            .Where(parent => !parent.Name.StartsWith("IEquatable", StringComparison.Ordinal))
            .Select(parent => Name(parent, null))
            .Order(StringComparer.Ordinal)
            .AsEnumerable();
        if (type.BaseType is { } parentClass && parentClass != typeof(object) && parentClass != typeof(ValueType))
        {
            above = above.Prepend(Name(parentClass, null));
        }

        return string.Join(", ", above.Prepend(shape));
    }

    private static string FullName(Type type) => $"{type.Namespace}.{Nested(type)}";

    private static string Nested(Type type)
    {
        var own = type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(argument => argument.Name))}>" : type.Name;
        return type.IsNested ? $"{Nested(type.DeclaringType!)}.{own}" : own;
    }

    private static string Name(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!, nullability?.ElementType ?? nullability);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying, null) + "?";
        }

        var mark = type is { IsValueType: false, IsGenericParameter: false } && nullability is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable } ? "?" : "";
        if (type.IsArray)
        {
            return Name(type.GetElementType()!, nullability?.ElementType) + "[]" + mark;
        }

        if (type.IsGenericType)
        {
            var states = nullability?.GenericTypeArguments ?? [];
            var arguments = type.GetGenericArguments().Select((argument, index) => Name(argument, index < states.Length ? states[index] : null));
            return $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments)}>{mark}";
        }

        return (Keywords.TryGetValue(type, out var keyword) ? keyword : type.Name) + mark;
    }
}
