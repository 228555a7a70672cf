package dev.woodpecker.compiler.ir;

/** Element types. {@code TF32} exists only in registers: in memory its values are {@code F32}. */
public enum DType {
    F64(8, Kind.FLOAT),
    F32(4, Kind.FLOAT),
    F16(2, Kind.FLOAT),
    BF16(2, Kind.FLOAT),
    TF32(4, Kind.FLOAT),
    I8(1, Kind.SIGNED),
    U8(1, Kind.UNSIGNED),
    I16(2, Kind.SIGNED),
    U16(2, Kind.UNSIGNED),
    I32(4, Kind.SIGNED),
    U32(4, Kind.UNSIGNED),
    I64(8, Kind.SIGNED),
    U64(8, Kind.UNSIGNED),
    BOOL(1, Kind.BOOL);

    /** What arithmetic a type takes part in. */
    public enum Kind {
        FLOAT,
        SIGNED,
        UNSIGNED,
        BOOL
    }

    private final int bytes;
    private final Kind kind;

    DType(int bytes, Kind kind) {
        this.bytes = bytes;
        this.kind = kind;
    }

    /** Bytes of one element in memory; a {@code BOOL} takes one byte, 0 or 1. */
    public int bytes() {
        return bytes;
    }

    public Kind kind() {
        return kind;
    }

    public boolean isFloat() {
        return kind == Kind.FLOAT;
    }

    public boolean isInteger() {
        return kind == Kind.SIGNED || kind == Kind.UNSIGNED;
    }

    /** The name in IR text, for example {@code f32}. */
    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The type in which sums and products of this type are formed: {@code F32} for the short floats, {@code I32} for the short integers. */
    public DType accumulator() {
        return switch (this) {
            case F16, BF16, TF32 -> F32;
            case I8, U8, I16, U16, BOOL -> I32;
            case F64, F32, I32, U32, I64, U64 -> this;
        };
    }

    /** The type whose {@link #text()} is {@code text}. */
    public static DType parse(String text) {
        for (DType type : values()) {
            if (type.text().equals(text)) {
                return type;
            }
        }
        throw new IllegalArgumentException("unknown element type '" + text + "'; known: f64 f32 f16 bf16 tf32 i8 u8 "
                + "i16 u16 i32 u32 i64 u64 bool");
    }
}
