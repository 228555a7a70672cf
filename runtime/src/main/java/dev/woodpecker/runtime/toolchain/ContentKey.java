package dev.woodpecker.runtime.toolchain;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** The name of a cache entry: 64 hexadecimal digits of a SHA-256 over all that determines its content. */
public record ContentKey(String hex) {
    private static final int HEX_DIGITS = 64;
    /** A {@link ByteBuffer} holds less than 2 GiB. */
    private static final long CHUNK_BYTES = 1L << 28;

    public ContentKey {
        if (!isSha256(hex)) {
            throw new IllegalArgumentException("not a SHA-256 in hexadecimal: " + hex);
        }
    }

    /** Whether a text is 64 hexadecimal digits, letters in lower case. */
    public static boolean isSha256(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789abcdef".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return text.length() == HEX_DIGITS;
    }

    /** The key of a list of texts; each counts with its length, so that moving a boundary changes the key. */
    public static ContentKey of(List<String> parts) {
        MessageDigest digest = sha256();
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
            digest.update(bytes);
        }
        return new ContentKey(HexFormat.of().formatHex(digest.digest()));
    }

    public static ContentKey of(String... parts) {
        return of(List.of(parts));
    }

    /** The key of these very bytes. */
    public static ContentKey ofContent(MemorySegment content) {
        MessageDigest digest = sha256();
        for (long start = 0; start < content.byteSize(); start += CHUNK_BYTES) {
            digest.update(content.asSlice(start, Math.min(CHUNK_BYTES, content.byteSize() - start))
                    .asByteBuffer());
        }
        return new ContentKey(HexFormat.of().formatHex(digest.digest()));
    }

    /** The first 12 digits: enough to tell apart what one person ever compiles, short enough to read. */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
