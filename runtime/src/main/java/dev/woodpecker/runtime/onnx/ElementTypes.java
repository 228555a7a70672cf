package dev.woodpecker.runtime.onnx;

import dev.woodpecker.compiler.ir.DType;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The numbers by which ONNX names element types (TensorProto.DataType), and which of them Woodpecker has. */
public final class ElementTypes {

    /** By number. A type without a {@link DType} is recognised, so that an error can name it. */
    private static final List<Entry> TABLE = List.of(
            new Entry("undefined"),
            new Entry("float", DType.F32),
            new Entry("uint8", DType.U8),
            new Entry("int8", DType.I8),
            new Entry("uint16", DType.U16),
            new Entry("int16", DType.I16),
            new Entry("int32", DType.I32),
            new Entry("int64", DType.I64),
            new Entry("string"),
            new Entry("bool", DType.BOOL),
            new Entry("float16", DType.F16),
            new Entry("double", DType.F64),
            new Entry("uint32", DType.U32),
            new Entry("uint64", DType.U64),
            new Entry("complex64"),
            new Entry("complex128"),
            new Entry("bfloat16", DType.BF16),
            new Entry("float8e4m3fn"),
            new Entry("float8e4m3fnuz"),
            new Entry("float8e5m2"),
            new Entry("float8e5m2fnuz"),
            new Entry("uint4"),
            new Entry("int4"),
            new Entry("float4e2m1"),
            new Entry("float8e8m0"),
            new Entry("uint2"),
            new Entry("int2"));

    private static final Map<DType, Integer> NUMBERS = new EnumMap<>(DType.class);

    static {
        for (int number = 0; number < TABLE.size(); number++) {
            int entry = number;
            TABLE.get(number).type().ifPresent(type -> NUMBERS.put(type, entry));
        }
    }

    private ElementTypes() {}

    private record Entry(String name, Optional<DType> type) {
        Entry(String name) {
            this(name, Optional.empty());
        }

        Entry(String name, DType type) {
            this(name, Optional.of(type));
        }
    }

    /** The type with this number; empty if Woodpecker does not have it. */
    public static Optional<DType> type(long number) {
        return isKnown(number) ? TABLE.get((int) number).type() : Optional.empty();
    }

    /** Whether ONNX has a type with this number. */
    public static boolean isKnown(long number) {
        return number > 0 && number < TABLE.size();
    }

    /** ONNX's name of a type: {@code float16}. */
    public static String name(long number) {
        return isKnown(number) ? TABLE.get((int) number).name() : "number " + number;
    }

    /** The number of a type that can lie in memory. */
    public static int number(DType type) {
        Integer number = NUMBERS.get(type);
        if (number == null) {
            throw new IllegalArgumentException(type.text() + " exists in registers only");
        }
        return number;
    }

    /** The names of the types that Woodpecker has, for messages. */
    public static String supported() {
        return TABLE.stream()
                .filter(entry -> entry.type().isPresent())
                .map(Entry::name)
                .collect(Collectors.joining(", "));
    }
}
