# runner/sandbox/inside.py for x86-64: starting a Python takes longer than the rest of a confined start.
#
#     STATUS SELF RULES RIGHTS FOLDER... "" PROGRAM ARGUMENT...
#
# STATUS, SELF and RULES are descriptors: where to report the start, this program itself, and a Landlock ruleset (0 for none). RIGHTS is
# what is allowed in each FOLDER. System calls keep all registers but rax, rcx and r11.
#
#     as inside_x86_64.s -o inside.o && objcopy -O binary -j .text inside.o inside.bin && xxd -p inside.bin

        .set CLOSE, 3
        .set WRITE, 1
        .set EXECVE, 59
        .set FCNTL, 72
        .set EXIT_GROUP, 231
        .set OPENAT, 257
        .set LANDLOCK_ADD_RULE, 445
        .set LANDLOCK_RESTRICT_SELF, 446
        .set AT_FDCWD, -100
        .set PLACE, 0x2b0000            # O_PATH | O_CLOEXEC | O_NOFOLLOW | O_DIRECTORY
        .set F_SETFD, 2
        .set FD_CLOEXEC, 1
        .set PATH_BENEATH, 1

start:
        mov     (%rsp), %rax            # the number of arguments
        lea     16(%rsp), %rbx          # the next argument
        lea     16(%rsp,%rax,8), %r14   # the environment
        sub     $32, %rsp
        call    number
        mov     %eax, %r12d             # STATUS
        call    number
        mov     %eax, %edi              # SELF
        mov     $CLOSE, %eax
        syscall
        call    number
        mov     %eax, %r13d             # RULES
        call    number
        mov     %rax, (%rsp)            # RIGHTS: struct landlock_path_beneath_attr begins here
        lea     stands(%rip), %rsi
        mov     $1, %edx
        call    tell

folder:
        mov     (%rbx), %rsi
        add     $8, %rbx
        cmpb    $0, (%rsi)
        je      restrict
        mov     $AT_FDCWD, %edi
        mov     $PLACE, %edx
        mov     $OPENAT, %eax
        syscall
        test    %eax, %eax
        js      folder                  # there is none on this machine
        mov     %eax, 8(%rsp)
        mov     %r13d, %edi
        mov     $PATH_BENEATH, %esi
        mov     %rsp, %rdx
        xor     %r10d, %r10d
        mov     $LANDLOCK_ADD_RULE, %eax
        syscall
        test    %eax, %eax
        js      failed
        mov     8(%rsp), %edi
        mov     $CLOSE, %eax
        syscall
        jmp     folder

restrict:
        test    %r13d, %r13d
        je      become
        mov     %r13d, %edi
        xor     %esi, %esi
        mov     $LANDLOCK_RESTRICT_SELF, %eax
        syscall
        test    %eax, %eax
        js      failed
        mov     $CLOSE, %eax
        syscall

become:
        mov     %r12d, %edi
        mov     $F_SETFD, %esi
        mov     $FD_CLOEXEC, %edx
        mov     $FCNTL, %eax
        syscall
        mov     (%rbx), %rdi
        mov     %rbx, %rsi
        mov     %r14, %rdx
        mov     $EXECVE, %eax
        syscall

failed:                                 # with the number of the error in rax
        neg     %eax
        mov     %al, (%rsp)
        mov     %rsp, %rsi
        mov     $1, %edx
        call    tell
        mov     $127, %edi
        mov     $EXIT_GROUP, %eax
        syscall

tell:                                   # rdx bytes at rsi
        mov     %r12d, %edi
        mov     $WRITE, %eax
        syscall
        ret

number:                                 # the next argument, as a number
        mov     (%rbx), %rsi
        add     $8, %rbx
        xor     %eax, %eax
digit:
        movzbl  (%rsi), %ecx
        test    %ecx, %ecx
        je      read
        imul    $10, %eax, %eax
        lea     -48(%rax,%rcx), %eax
        inc     %rsi
        jmp     digit
read:
        ret

stands:
        .byte   '+'
