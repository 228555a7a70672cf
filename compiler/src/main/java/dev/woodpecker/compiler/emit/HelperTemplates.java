package dev.woodpecker.compiler.emit;

import java.util.HashMap;
import java.util.Map;

/**
 * Small functions that C lacks, by operation. {@code .float}, {@code .unsigned} and {@code .vector} after a
 * name restrict what it is for; the most specific entry is taken. Placeholders: {@code $t} the element type's short name
 * and {@code $T} its C type, {@code $U} and {@code $I} the unsigned and signed C types of its size, {@code $v} the vector
 * type, {@code $m} the vector type of its masks, {@code $i} that of its bits, {@code $L} the lanes, {@code $E} every second
 * of two vectors {@code a} and {@code b}, {@code $s}, {@code $S},
 * {@code $w} the source's short name, C type and vector type in a conversion, {@code $MIN} and {@code $MAX} the limits of
 * an integer type, {@code $b} the compiler's name of a function. {@code @name} is the scalar function of the same types,
 * which is then printed too.
 */
final class HelperTemplates {
    static final Map<String, String> C = templates();

    private HelperTemplates() {}

    private static Map<String, String> templates() {
        Map<String, String> t = new HashMap<>();
        // Memory. Vectors need not be aligned, and alias the elements.
        t.put("load.vector", "$v load_$v(const $T *p) { return *(const $v_unaligned *)p; }");
        t.put("store.vector", "void store_$v($T *p, $v x) { *($v_unaligned *)p = x; }");
        t.put("gather.vector", """
            $v gather_$v(const $T *p, int64_t stride) {
                $v r = {0};
                for (int l = 0; l < $L; l++) r[l] = p[l * stride];
                return r;
            }\
            """);
        // Every second element from two vectors that end where the last of them does: no element beyond is read.
        t.put("even.vector", """
            $v even_$v(const $T *p) {
                const $v a = *(const $v_unaligned *)p, b = *(const $v_unaligned *)(p + $L - 1);
                return ($v){$E};
            }\
            """);
        t.put("index.vector", """
            $v index_$v(const $T *p, $o offset) {
                $v r = {0};
                for (int l = 0; l < $L; l++) r[l] = p[offset[l]];
                return r;
            }\
            """);
        // Subtracting zero keeps the sign of a zero, adding it would not.
        t.put("splat.vector", "$v splat_$v($T x) { return x - ($v){0}; }");
        t.put("ramp.vector", """
            $v ramp_$v($T base, $T stride) {
                $v r = {0};
                for (int l = 0; l < $L; l++) r[l] = ($T)(base + l * stride);
                return r;
            }\
            """);
        t.put("blend.vector", "$v blend_$v($m c, $v a, $v b) { return ($v)((c & ($m)a) | (~c & ($m)b)); }");
        // Wrapping integer arithmetic: signed overflow is undefined in C.
        t.put("add", "$T add_$t($T a, $T b) { return ($T)(($U)a + ($U)b); }");
        t.put("sub", "$T sub_$t($T a, $T b) { return ($T)(($U)a - ($U)b); }");
        t.put("mul", "$T mul_$t($T a, $T b) { return ($T)(($U)a * ($U)b); }");
        t.put("neg", "$T neg_$t($T a) { return ($T)(0 - ($U)a); }");
        t.put("shl", "$T shl_$t($T a, $T n) { return ($T)(($U)a << (n & (8 * (int)sizeof a - 1))); }");
        t.put("shr", "$T shr_$t($T a, $T n) { return ($T)(a >> (n & (8 * (int)sizeof a - 1))); }");
        // A division by zero is excluded by a check; it must not raise a signal either way.
        t.put("div", "$T div_$t($T a, $T b) { return b == 0 ? 0 : b == -1 ? ($T)(0 - ($U)a) : ($T)(a / b); }");
        t.put("rem", "$T rem_$t($T a, $T b) { return b == 0 || b == -1 ? 0 : ($T)(a % b); }");
        t.put("div.unsigned", "$T div_$t($T a, $T b) { return b == 0 ? 0 : ($T)(a / b); }");
        t.put("rem.unsigned", "$T rem_$t($T a, $T b) { return b == 0 ? 0 : ($T)(a % b); }");
        t.put("min", "$T min_$t($T a, $T b) { return a < b ? a : b; }");
        t.put("max", "$T max_$t($T a, $T b) { return a > b ? a : b; }");
        t.put("min.vector", "$v min_$v($v a, $v b) { return ($v)(((a < b) & a) | (~(a < b) & b)); }");
        t.put("max.vector", "$v max_$v($v a, $v b) { return ($v)(((a > b) & a) | (~(a > b) & b)); }");
        t.put("min.unsigned.vector", lanes("min", "$v a, $v b", "a[l] < b[l] ? a[l] : b[l]"));
        t.put("max.unsigned.vector", lanes("max", "$v a, $v b", "a[l] > b[l] ? a[l] : b[l]"));
        // Java's minimum and maximum: NaN if either is, and -0 is less than +0.
        t.put("min.float", scalarExtreme("min", "<", "|"));
        t.put("max.float", scalarExtreme("max", ">", "&"));
        t.put("min.float.vector", extreme("min", "<", "|"));
        t.put("max.float.vector", extreme("max", ">", "&"));
        // Of a value and a constant: of two zeros, or with NaN, the value.
        t.put("min_with.vector", withConstant("min", ">"));
        t.put("max_with.vector", withConstant("max", "<"));
        t.put("rem.float", FLOAT_REMAINDER);
        t.put("dot4", """
            $T dot4_$t($T sum, $T a, $T b) {
                int32_t low = (a & 255) * (int8_t)b + (a >> 8 & 255) * (int8_t)(b >> 8);
                int32_t high = (a >> 16 & 255) * (int8_t)(b >> 16) + (a >> 24 & 255) * (b >> 24);
                return ($T)(($U)sum + ($U)(low + high));
            }\
            """);
        // VNNI has it as one instruction. Before it, even and odd bytes apart, products of 16 bits added in pairs:
        // exact, where
        // those of bytes would saturate. Compilers differ in what they call their functions for these.
        t.put("dot4.vector", """
            $v dot4_$v($v sum, $v a, $v b) {
            #if defined(__AVX512VNNI__) && ($L == 16 || defined(__AVX512VL__)) && $L >= 4
                __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
                return sum;
            #elif $L >= 4 && (defined(__AVX512BW__) || (defined(__AVX2__) && $L <= 8))
                typedef int16_t half __attribute__((vector_size(4 * $L)));
                $v even_a = a & 0x00ff00ff, odd_a = (a >> 8) & 0x00ff00ff;
                half even_b = (half)((half)b << 8) >> 8, odd_b = (half)b >> 8;
                __asm__("vpmaddwd %1, %0, %0" : "+x"(even_a) : "x"(even_b));
                __asm__("vpmaddwd %1, %0, %0" : "+x"(odd_a) : "x"(odd_b));
                return sum + (even_a + odd_a);
            #else
                return sum + (a & 255) * ((b << 24) >> 24) + ((a >> 8) & 255) * ((b << 16) >> 24)
                    + ((a >> 16) & 255) * ((b << 8) >> 24) + ((a >> 24) & 255) * (b >> 24);
            #endif
            }\
            """);
        for (String op : new String[] {"div", "rem", "shl", "shr"}) {
            t.put(op + ".vector", lanes(op, "$v a, $v b", "@" + op + "(a[l], b[l])"));
        }
        t.put("rem.float.vector", lanes("rem", "$v a, $v b", "@rem(a[l], b[l])"));
        // Functions of the processor; compilers turn the loop into one vector instruction.
        t.put("native", "$T $n_$t($T x) { return $b(x); }");
        t.put("native.vector", lanes("$n", "$v x", "$b(x[l])"));
        // Java's narrowing: NaN is 0, values beyond the range are its ends.
        t.put(
                "from",
                "$T $t_from_$s($S x) { return x != x ? 0 : x >= ($S)$MAX ? $MAX : x <= ($S)$MIN ? $MIN : ($T)x; }");
        t.put("from.vector", """
            $v $v_from_$w($w x) {
                $v r = {0};
                for (int l = 0; l < $L; l++) r[l] = @from(x[l]);
                return r;
            }\
            """);
        // Of what is known to be within the range, or NaN. gcc 12 makes scalars of a loop over the lanes.
        t.put(
                "from_bounded.vector",
                "$v $v_from_bounded_$w($w x) { return __builtin_convertvector(($w)(($v)x & (x == x)), $v); }");
        t.put("from_zero_extended.vector", extension("zero", "vpmovzxbd"));
        t.put("from_sign_extended.vector", extension("sign", "vpmovsxbd"));
        t.put("bits_of", """
            $T $t_bits_of_$s($S x) {
                union { $S from; $T to; } u = {x};
                return u.to;
            }\
            """);
        return Map.copyOf(t);
    }

    /** Of bytes to 32 bits: gcc 12 takes vectors apart for it, and converts element by element. */
    private static String extension(String bits, String instruction) {
        return """
            $v $v_from_%s_extended_$w($w x) {
            #if !defined(__clang__) && (($L == 16 && defined(__AVX512F__)) || ($L == 8 && defined(__AVX2__)))
                $v r;
                __asm__("%s %%1, %%0" : "=v"(r) : "vm"(x));
                return r;
            #else
                return __builtin_convertvector(x, $v);
            #endif
            }\
            """.formatted(bits, instruction);
    }

    /** One instruction, which gcc 12 makes of no comparison. */
    private static String withConstant(String name, String beyond) {
        return """
            $v %1$s_with_$v($v x, $v c) {
            #if defined(__AVX512F__) || (defined(__AVX__) && $L <= 8)
                $v r;
                __asm__("v%1$sps %%1, %%2, %%0" : "=v"(r) : "vm"(x), "v"(c));
                return r;
            #else
                const $m beyond = x %2$s c;
                return ($v)((beyond & ($m)c) | (~beyond & ($m)x));
            #endif
            }\
            """.formatted(name, beyond);
    }

    private static String lanes(String name, String parameters, String element) {
        return "$v " + name + "_$v(" + parameters + ") {\n    $v r = {0};\n    for (int l = 0; l < $L; l++) r[l] = "
                + element + ";\n    return r;\n}";
    }

    /** Without branches, which elements of a window, in no order, would mispredict. */
    private static String scalarExtreme(String name, String better, String zeros) {
        return """
            $T %s_$t($T a, $T b) {
                union { $T value; $U bits; } x = {a}, y = {b};
                $U first = -($U)((a %s b) | (a != a)), equal = -($U)(a == b);
                x.bits = (first & x.bits) | (~first & ((equal & (x.bits %s y.bits)) | (~equal & y.bits)));
                return x.value;
            }\
            """.formatted(name, better, zeros);
    }

    private static String extreme(String name, String better, String zeros) {
        return """
            $v %s_$v($v a, $v b) {
                $m first = (a %s b) | (a != a), equal = a == b;
                $m either = ($m)a %s ($m)b;
                return ($v)((first & ($m)a) | (~first & ((equal & either) | (~equal & ($m)b))));
            }\
            """.formatted(name, better, zeros);
    }

    /** Exact, by long division of the significands: the quotient may have thousands of bits. */
    private static final String FLOAT_REMAINDER = """
        $T rem_$t($T a, $T b) {
            $T x = __builtin_fabs(a), y = __builtin_fabs(b);
            if (x != x || y != y || y == 0 || x - x != 0) return (a * b) / (a * b);
            while (x >= y) {
                $T step = y;
                while (step <= x - step) step += step;
                x -= step;
            }
            return __builtin_signbit(a) ? -x : x;
        }\
        """;
}
